# shellcheck shell=bash
# Shared by the scripts in this folder; sourced, never run.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# Outside the checkout, so that a second clone downloads nothing twice.
SEAM_CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/seam-home-assistant"
VENV="$ROOT/.venv"
# Home Assistant needs at least this; the pinned packages have wheels for 3.14.
PYTHON_WANTED=">=3.14.2,<3.15"
export ROOT SEAM_CACHE VENV

say() { printf '%s\n' "$*" >&2; }

fail() {
  printf 'Error: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

hash_of() { # one hash over the contents of all given files
  if have sha256sum; then
    cat "$@" | sha256sum | cut -d' ' -f1
  else
    cat "$@" | shasum -a 256 | cut -d' ' -f1
  fi
}

# One set-up at a time over all clones, as they share the cache. The lock ends
# with this process. Without flock (macOS) we go on unlocked.
lock_setup() {
  mkdir -p "$SEAM_CACHE"
  exec 9>"$SEAM_CACHE/setup.lock"
  if have flock && ! flock -n 9; then
    say "Waiting for another set-up to end ..."
    flock 9
  fi
}

unlock_setup() { exec 9>&-; }

# Sets UV to a working uv: the machine's own, or one in the cache.
find_uv() {
  if have uv; then
    UV="$(command -v uv)"
    return
  fi
  UV="$SEAM_CACHE/uv/bin/uv"
  if "$UV" --version >/dev/null 2>&1; then
    return
  fi
  have python3 || fail "neither uv nor python3 found. Install uv (see its documentation) and run this again."
  say "Installing uv into $SEAM_CACHE/uv ..."
  rm -rf "$SEAM_CACHE/uv"
  # Debian's python3 may come without venv, but with pip: then --target does it.
  if ! { python3 -m venv "$SEAM_CACHE/uv" &&
    "$SEAM_CACHE/uv/bin/python" -m pip install --quiet --disable-pip-version-check uv; } 9>&- >"$SEAM_CACHE/uv.log" 2>&1; then
    rm -rf "$SEAM_CACHE/uv"
    python3 -m pip install --quiet --disable-pip-version-check \
      --target "$SEAM_CACHE/uv" uv 9>&- >>"$SEAM_CACHE/uv.log" 2>&1 || true
  fi
  "$UV" --version >/dev/null 2>&1 ||
    fail "could not install uv (log: $SEAM_CACHE/uv.log). Install uv yourself and run this again."
}
