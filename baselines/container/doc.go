// Package container is the container baseline: the static Linux binary in a
// minimal bundle of the OCI runtime specification, run by crun or runc in the
// foreground.
//
// The bundle's root folder holds the binary and mount points for /proc and
// /dev, is bind-mounted read-only by the runtime, and has no other content. The
// container gets pid, mount, network, ipc and uts namespaces of its own, a user
// namespace where one works here (Bundle.UserNamespace says so), no
// capabilities, no terminal, an environment of HOME=/ alone, a control group of
// its own and the memory limit of the trial. Its network namespace has no interface
// that is up, or is the one that it was started in (Config.Network).
//
// The measured interval begins with execve of the runtime itself. Making the
// bundle comes before it. So does the private mount namespace that crun needs
// on a host with cgroups v1 beside v2 (it refuses to run while the v2 hierarchy
// is visible): package launch makes it on the thread that starts crun, which
// adds no program and no time to the interval. The runtime's own clean-up of a
// container that ends is inside the interval.
//
// Containers, their state and their control groups bear the run's scratch name,
// so that package scratch removes what a killed run leaves.
package container
