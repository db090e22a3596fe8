// Package abi is the contract between a unikernel image and its monitor: the
// image header, the guest-physical memory map, the boot information, the
// hypercalls and the statistics page. Both sides compile it, so it imports
// nothing and holds constants and plain structs only.
package abi
