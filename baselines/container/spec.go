package container

import (
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// The user namespace maps root of the container to an unprivileged range of
// the host, the one that Debian's tools hand out first.
const (
	firstHostID = 100000
	hostIDs     = 65536
)

// specVersion is that of the configuration, which uses nothing newer: crun 1.8
// refuses versions above 1.0.x. It is not the version of the Go types.
const specVersion = "1.0.2"

// appPath is the program inside the container.
const appPath = "/app"

// spec returns the bundle's configuration.
func spec(c Config, args []string, root, group string, userNamespace bool) *specs.Spec {
	namespaces := []specs.LinuxNamespace{
		{Type: specs.PIDNamespace},
		{Type: specs.MountNamespace},
		{Type: specs.IPCNamespace},
		{Type: specs.UTSNamespace},
	}
	if !c.Network {
		namespaces = append(namespaces, specs.LinuxNamespace{Type: specs.NetworkNamespace})
	}
	linux := &specs.Linux{CgroupsPath: "/" + group, Namespaces: namespaces}
	if userNamespace {
		linux.Namespaces = append(linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
		ids := []specs.LinuxIDMapping{{ContainerID: 0, HostID: firstHostID, Size: hostIDs}}
		linux.UIDMappings, linux.GIDMappings = ids, ids
	}
	if c.MemoryBytes > 0 {
		limit := c.MemoryBytes
		linux.Resources = &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &limit}}
	}
	mounts := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc"},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755", "size=64k"}},
	}
	if c.Memory {
		mounts = append(mounts, specs.Mount{
			Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "nodev", "noexec", "mode=1777", "size=65536k"},
		})
	}
	return &specs.Spec{
		Version: specVersion,
		Process: &specs.Process{
			Args:            append([]string{appPath}, args...),
			Env:             []string{"HOME=/"}, // runc adds it where it is missing
			Cwd:             "/",
			Capabilities:    &specs.LinuxCapabilities{},
			NoNewPrivileges: true,
		},
		Root:     &specs.Root{Path: root, Readonly: true},
		Hostname: "container",
		Mounts:   mounts,
		Linux:    linux,
	}
}

const (
	rootName   = "rootfs"
	configName = "config.json"
	folderMode = os.FileMode(0o755)
)
