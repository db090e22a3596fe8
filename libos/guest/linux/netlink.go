package linux

// Messages of netlink(7) and rtnetlink(7).
const (
	SolNetlink = 270
	NlmsgHdr   = 16 // bytes of struct nlmsghdr
	NlmsgNoop  = 1
	NlmsgError = 2
	NlmsgDone  = 3

	NlmFRequest = 0x1
	NlmFMulti   = 0x2
	NlmFAck     = 0x4
	NlmFRoot    = 0x100
	NlmFMatch   = 0x200
	NlmFDump    = NlmFRoot | NlmFMatch

	RtmNewlink  = 16
	RtmGetlink  = 18
	RtmNewaddr  = 20
	RtmGetaddr  = 22
	RtmNewroute = 24
	RtmGetroute = 26
	RtmMax      = 123

	IflaAddress   = 1
	IflaBroadcast = 2
	IflaIfname    = 3
	IflaMtu       = 4
	IflaTxqlen    = 13
	IflaOperstate = 16

	IfaAddress   = 1
	IfaLocal     = 2
	IfaLabel     = 3
	IfaBroadcast = 4
	IfaFlags     = 8

	RtaDst      = 1
	RtaOif      = 4
	RtaGateway  = 5
	RtaPrefsrc  = 7
	RtaTable    = 15
	RtTableMain = 254

	RtScopeUniverse = 0
	RtScopeLink     = 253
	RtScopeHost     = 254
	RtnUnicast      = 1
	RtprotBoot      = 3
	IfaFPermanent   = 0x80

	ArphrdEther    = 1
	ArphrdLoopback = 772
	IffUp          = 0x1
	IffBroadcast   = 0x2
	IffLoopback    = 0x8
	IffRunning     = 0x40
	IfOperUp       = 6
	IfOperUnknown  = 0
)
