#!/bin/sh
# The tests drive the app in a real browser: find Chromium or Chrome, or install Debian's chromium.
set -eu

found() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null 2>&1; then return 0; fi
    done
    [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

if found; then exit 0; fi

if command -v apt-get >/dev/null 2>&1; then
    as_root=
    if [ "$(id -u)" -ne 0 ]; then as_root=sudo; fi
    echo "gradatim: installing chromium for the tests of the pages"
    log=$(mktemp)
    if $as_root apt-get update -qq >"$log" 2>&1 &&
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium >>"$log" 2>&1 &&
        found; then
        rm -f "$log"
        exit 0
    fi
    tail -n 20 "$log" >&2
    rm -f "$log"
fi

echo "gradatim: the tests need Chromium or Chrome, and none was found" >&2
echo "  next:  install Chromium (Linux) or Google Chrome (macOS), then: make test" >&2
exit 2
