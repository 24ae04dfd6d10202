# Sourced by ./run and ./test: one target folder outside the checkout, and what a machine may miss.

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/charterparty/target}"

# need_tool TOOL PACKAGE: installs a Debian package if a tool is missing.
need_tool() {
    command -v "$1" >/dev/null || need_package "$1" "$2"
}

# need_module MODULE PACKAGE: installs a Debian package if no Python here has a module.
need_module() {
    for python in /usr/bin/python3 python3; do
        "$python" -c "import $1" 2>/dev/null && return
    done
    need_package "$1" "$2"
}

need_package() {
    echo "installing $2 (for $1)" >&2
    if ! command -v apt-get >/dev/null; then
        echo "$1 is missing, and there is no apt-get: install $2 yourself" >&2
        exit 3
    fi
    local as_root=""
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root apt-get update -qq && $as_root apt-get install -y -qq "$2" >/dev/null
}

need_cargo() {
    if ! command -v cargo >/dev/null; then
        [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
    fi
    if ! command -v cargo >/dev/null; then
        echo "cargo is missing: install Rust 1.94 or later from your system or rustup, then run this again" >&2
        exit 3
    fi
    own_target
}

# Tests know by what path they were built. Cargo goes by times alone, so where another checkout built
# into the target folder last, the sources of this one must count as new.
own_target() {
    local last="$CARGO_TARGET_DIR/checkout"
    [ -f "$last" ] && [ "$(cat "$last")" = "$PWD" ] && return
    mkdir -p "$CARGO_TARGET_DIR"
    find crates fuzz tests -name '*.rs' -exec touch {} +
    echo "$PWD" > "$last"
}
