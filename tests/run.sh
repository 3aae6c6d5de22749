#!/usr/bin/env bash
# Runs every test: `tests/run.sh`, or a part of them: `tests/run.sh rust|browser`.
#
# It needs cargo, Node 20 or later and npm. A browser is found, or installed from Debian's packages
# where that is allowed; the target for the browser is made usable by the build itself.
# A step that fails does not keep the next ones from running.
# The last line is the sum: `N passed, N failed`.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

part=${1:-all}
case $part in
  all | rust | browser) ;;
  *)
    echo "usage: tests/run.sh [rust|browser]" >&2
    exit 2
    ;;
esac

target=wasm32-unknown-unknown
passed=0
failed=0
log=$(mktemp) || exit 1
results=$(mktemp) || exit 1
trap 'rm -f "$log" "$results"' EXIT

# Runs a command as a step with a name. If it fails, that counts as one failed, unless `count`
# finds failed tests in what the command has printed.
step() {
  local name=$1 count=$2 status before=$failed start=$SECONDS
  shift 2
  printf '\n=== %s\n' "$name"
  "$@" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  "$count"
  if ((status != 0 && failed == before)); then
    failed=$((failed + 1))
  fi
  if ((status != 0)); then
    printf '=== %s: FAILED (%d s)\n' "$name" $((SECONDS - start))
  else
    printf '=== %s: ok (%d s)\n' "$name" $((SECONDS - start))
  fi
  return "$status"
}

no_counts() { :; }

# Adds up lines like `test result: ok. 12 passed; 0 failed; …`.
cargo_counts() {
  local ok bad
  read -r ok bad < <(sed 's/\x1b\[[0-9;]*m//g' "$log" |
    awk '/^test result:/ {
      for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) ok += $(i - 1); if ($i ~ /^failed/) bad += $(i - 1) }
    } END { print ok + 0, bad + 0 }')
  passed=$((passed + ok))
  failed=$((failed + bad))
}

# Adds up the lines `# pass 12`, `# fail 0`, `# cancelled 0` of Node's TAP.
node_counts() {
  local ok bad
  read -r ok bad < <(awk '
    /^# pass / { ok += $3 }
    /^# (fail|cancelled) / { bad += $3 }
    END { print ok + 0, bad + 0 }' "$results")
  passed=$((passed + ok))
  failed=$((failed + bad))
}

has() { command -v "$1" >/dev/null 2>&1; }

# Whether a tool of the toolchain runs; rustup's stand-in for one that is not installed does not.
has_component() { cargo "$1" --version >/dev/null 2>&1; }

require() {
  has "$1" && return
  echo "$1 is not installed; expected $2" >&2
  return 1
}

require_node() {
  require node "Node 20 or later" && require npm "npm, which comes with Node" || return 1
  local major
  major=$(node -p 'process.versions.node.split(".")[0]') || return 1
  ((major >= 20)) && return
  echo "found Node $major; expected 20 or later" >&2
  return 1
}

# Prints the browser of this machine.
find_browser() {
  local name
  if [[ -n ${CHROMIUM:-} ]]; then
    command -v "$CHROMIUM" && return
    echo "\$CHROMIUM is $CHROMIUM, which does not run" >&2
    return 1
  fi
  for name in chromium chromium-browser google-chrome google-chrome-stable chrome \
    msedge microsoft-edge microsoft-edge-stable; do
    command -v "$name" && return
  done
  return 1
}

ensure_browser() {
  if find_browser; then return 0; fi
  if [[ -n ${CHROMIUM:-} ]]; then return 1; fi
  if ((EUID != 0)) || ! has apt-get; then
    echo "no browser: install Chromium, Chrome or Edge, or set CHROMIUM to one" >&2
    return 1
  fi
  echo "no browser: installing Debian's chromium"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q update && apt-get -q install -y --no-install-recommends chromium && find_browser
}

# Prints cargo's target directory, wherever the user's settings put it.
target_dir() {
  cargo metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

# Lets rustc find the std for the browser that the build of the bundle has found or made.
use_wasm_std() {
  local lib version commit sysroot
  lib=$(rustc --print target-libdir --target "$target") || return 1
  if ! compgen -G "$lib/libstd-*.rlib" >/dev/null; then
    version=$(rustc -vV | sed -n 's/^release: //p')
    commit=$(rustc -vV | sed -n 's/^commit-hash: //p')
    sysroot=$(target_dir)/wasm-sysroot/$version-$commit
    if [[ ! -d $sysroot ]]; then
      echo "no std for $target: neither in $lib nor in $sysroot" >&2
      return 1
    fi
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--sysroot=$sysroot"
  fi
}

clippy_wasm() {
  use_wasm_std && cargo clippy --lib --test oracle --target "$target" -- -D warnings
}

# The statistics in the browser's WebAssembly, under Node; the server is also the runner. In the development
# profile, as tests unwind and so cannot take the bundle's dependencies.
wasm_tests() {
  require_node && use_wasm_std || return 1
  cargo test --test oracle --target "$target" --config "target.$target.runner=['$server', 'wasm-test']"
}

# The same lock file gives the same modules: they are fetched again only when it is newer.
install_modules() {
  local folder=$1 modules=$1/node_modules
  if [[ -e $modules/.package-lock.json && ! $folder/package-lock.json -nt $modules/.package-lock.json ]]; then
    echo "the modules of $folder are there"
    return 0
  fi
  (cd "$folder" && npm ci)
}

# Each example takes the bundle from a folder of its own, as a portal would.
install_all_modules() {
  local example
  install_modules tests/browser || return
  for example in tests/examples/*/; do
    "$server" build --out "$example/balint-survey" >/dev/null || return
    install_modules "${example%/}" || return
  done
}

browser_tests() {
  : >"$results"
  BALINT_SURVEY=$server CHROMIUM=$chromium node --test \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$results" \
    tests/browser/*.test.mjs
}

run_rust() {
  if has_component fmt; then
    step "formatting" no_counts cargo fmt --check
  else
    printf '\n=== formatting: left out, as rustfmt is not installed\n'
  fi
  if has_component clippy; then
    step "clippy" no_counts cargo clippy --all-targets -- -D warnings
    step "clippy for the browser" no_counts clippy_wasm
  else
    printf '\n=== clippy: left out, as it is not installed\n'
  fi
  step "native tests" cargo_counts cargo test --no-fail-fast
  step "numerics in wasm" cargo_counts wasm_tests
  step "documentation" no_counts env RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items
}

run_browser() {
  step "Node" no_counts require_node || return
  step "browser" no_counts ensure_browser || return
  chromium=$(find_browser)
  step "modules of the browser tests" no_counts install_all_modules || return
  step "browser tests" node_counts browser_tests
}

# Both parts need the widget built: the one for clippy's target, the other to serve it. The build
# also leaves the server in cargo's target directory.
if step "cargo" no_counts require cargo "Rust's toolchain"; then
  step "build of the widget" no_counts cargo run -- build
  is_built=$?
  server=$(target_dir)/debug/balint-survey
  [[ $part == browser ]] || run_rust
  if [[ $part != rust ]]; then
    if ((is_built == 0)); then run_browser; else echo "browser tests: left out, as there is no widget"; fi
  fi
fi

printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0 && passed > 0))
