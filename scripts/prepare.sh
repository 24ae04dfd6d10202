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

# need_venv FOLDER FILE [PYTHON]: a Python environment with just the packages that a requirements file pins.
need_venv() {
    local interpreter=${3:-python3}
    need_tool python3 python3
    need_module ensurepip python3-venv
    made_from "$1" "$2" && return
    echo "installing the packages of $2" >&2
    local new
    new=$(new_beside "$1")
    { "$interpreter" -m venv "$new" && "$new/bin/python" -m pip install --quiet --disable-pip-version-check -r "$2"; } \
        >&2 || { echo "the packages of $2 could not be installed" >&2; rm -rf "$new"; exit 3; }
    put_in_place "$new" "$1" "$2"
}

# python_from 3 12: a Python of at least that version that is here already; Debian 12 has none to install.
python_from() {
    local python
    for python in python3 "$HOME"/.pyenv/versions/"$1".*/bin/python3 "/usr/bin/python$1."*; do
        "$python" -c "import sys, ensurepip; sys.exit(sys.version_info < ($1, $2))" 2>/dev/null || continue
        echo "$python"
        return
    done
    echo "there is no Python $1.$2 or later here" >&2
    exit 3
}

# need_node_modules FOLDER SOURCE: the packages that the package-lock.json in SOURCE pins.
need_node_modules() {
    need_tool node nodejs
    need_tool npm npm
    made_from "$1" "$2/package-lock.json" && return
    echo "installing the packages of $2/package-lock.json" >&2
    local new
    new=$(new_beside "$1")
    cp "$2/package.json" "$2/package-lock.json" "$new/"
    (cd "$new" && npm ci --silent --no-audit --no-fund >&2) ||
        { echo "the packages of $2/package-lock.json could not be installed" >&2; rm -rf "$new"; exit 3; }
    put_in_place "$new" "$1" "$2/package-lock.json"
}

# A folder of packages gets its name once it is whole, and remembers the file it was made from: two
# tests may want it at the same time, and each finds it either whole or not at all.
made_from() { cmp -s "$2" "$1/made-from"; }
new_beside() { mkdir -p "$(dirname "$1")" && mktemp -d "$1.XXXXXX"; }
put_in_place() {
    cp "$3" "$1/made-from"
    rm -rf "$2"
    mv -T "$1" "$2" 2>/dev/null || rm -rf "$1"
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
