#!/bin/sh
# Some tests compare with the real Prometheus. Debian's package is unpacked beside the environment: nothing is
# installed on the machine and no service is started. Only where there is no Debian those tests are left out.
#
#   sh tools/ensure_prometheus.sh FOLDER     puts FOLDER/usr/bin/prometheus and promtool there
set -eu
folder=$1

if command -v prometheus >/dev/null 2>&1 && command -v promtool >/dev/null 2>&1; then exit 0; fi
if [ -x "$folder/usr/bin/prometheus" ] && [ -x "$folder/usr/bin/promtool" ]; then exit 0; fi

missing() {
    echo "gradatim: some tests compare with Prometheus, and Debian's package could not be fetched" >&2
    echo "  next:  apt-get update && apt-get install prometheus, then: make test" >&2
    exit 2
}

if ! command -v apt-get >/dev/null 2>&1; then
    echo "gradatim: no Debian here, the tests that compare with Prometheus are left out"
    exit 0
fi
echo "gradatim: unpacking Prometheus for the tests that compare with it"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
if ! apt-get download -qq prometheus >/dev/null 2>&1; then
    as_root=
    if [ "$(id -u)" -ne 0 ]; then as_root="sudo -n"; fi
    $as_root apt-get update -qq >/dev/null 2>&1 || missing
    apt-get download -qq prometheus >/dev/null 2>&1 || missing
fi
mkdir -p "$folder"
for package in prometheus*.deb; do dpkg-deb -x "$package" "$folder" || missing; done
