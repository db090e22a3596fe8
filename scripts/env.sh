# Sourced by the other scripts: goes to the repository's root and finds Go.

cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

# A bare machine may have no home folder set, without which go has no cache.
if [ -z "${HOME:-}" ]; then
	HOME=$(getent passwd "$(id -u)" | cut -d: -f6) || HOME=
	export HOME="${HOME:-${TMPDIR:-/tmp}}"
fi

# Go's installer puts it here and leaves PATH to the user.
if ! command -v go >/dev/null && [ -x /usr/local/go/bin/go ]; then
	PATH=$PATH:/usr/local/go/bin
fi

# Where git refuses to speak about a folder of somebody else's, so would go
# build, which asks it for the commit.
if ! git rev-parse HEAD >/dev/null 2>&1; then
	export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false"
fi
