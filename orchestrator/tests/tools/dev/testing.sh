# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# How ./dev tests and measures.

build_test_kernel() {
  say "kernel ${bold}$test_kernel${plain}: from the cache, or built now (some minutes once)"
  guarded "$program" kernel build "$test_kernel" && guarded "$program" kernel build "$test_kernel" --arch sparc64 &&
    export_test_kernel
}

# What the C++ tests boot.
export_test_kernel() {
  ASSAY_TEST_KERNEL=$("$program" kernel path "$test_kernel") || return
  export ASSAY_TEST_KERNEL
}

# build_needs FOLDER: kernels and programs that the tests in it declare, so that no test waits for a build inside of
# its time-out. Each counts as a test in the suite "kernels"; without those that fail the others go on.
build_needs() {
  guarded /usr/bin/python3 -B "$tools/build_needs.py" --assay "$program" --junit "$results/kernels.junit.xml" "$1"
  local status=$?
  ((status == 0 || status == 3))
}

# Runs one suite; its results go to $results, where summarise.py adds them up.
run_suite() {
  local suite=$1 files
  say "${bold}suite $suite${plain}"
  case $suite in
    unit | functional)
      run_meson_suite "$suite" "$jobs"
      ;;
    vm)
      build_needs orchestrator/tests/vm && export_test_kernel || return
      run_meson_suite vm 1
      run_pytest vm-program --numprocesses "$((jobs < 8 ? jobs : 8))" orchestrator/tests/vm
      ;;
    docs)
      build_needs orchestrator/tests/docs || return
      run_pytest docs orchestrator/tests/docs
      ;;
    browser)
      run_pytest browser orchestrator/tests/browser
      ;;
    bindings)
      run_pytest bindings orchestrator/tests/python
      ;;
    python)
      mapfile -t files < <(find orchestrator guest-agent -name 'test_*.py' -not -path '*/tests/docs/*' -not -path '*/tests/vm/*' \
        -not -path '*/tests/browser/*' -not -path '*/tests/python/*' | sort)
      run_pytest python "${files[@]}"
      ;;
    fuzz)
      run_fuzzers
      ;;
    newcomer)
      run_newcomer
      ;;
  esac
}

run_meson_suite() {
  local suite=$1 parallel=$2
  # Stale results of a program that now crashes would count as its own.
  rm -f build/*.xml "build/meson-logs/$suite".*
  guarded meson test -C build --no-rebuild --suite "$suite" --logbase "$suite" --num-processes "$parallel"
  cp -t "$results" "build/meson-logs/$suite.json" "build/meson-logs/$suite.junit.xml" 2>/dev/null
}

run_pytest() {
  guarded /usr/bin/python3 -B -m pytest -q -p no:cacheprovider --tb=short --junitxml="$results/$1.junit.xml" "${@:2}"
}

run_newcomer() {
  if ((EUID != 0)) && ! sudo -n true; then
    say "newcomer wants root, or sudo that asks for no password"
    return 1
  fi
  mkdir -p "$cache/newcomer" # ours, not root's
  guarded as_root orchestrator/tests/newcomer/newcomer.py --tree . --cache "$cache" --with $$ --npmrc "$HOME/.npmrc" \
    --objects "$(ccache --get-config cache_dir)" --junit "$results/newcomer.junit.xml" ${ASSAY_TEST_ALL:+--all}
}

run_fuzzers() {
  local fuzzers=()
  CC='ccache clang-19' CXX='ccache clang++-19' configure build-fuzz -Dfuzzers=true -Dtests=disabled || return
  mapfile -t fuzzers < <(programs_like build-fuzz 'fuzz-*')
  ((${#fuzzers[@]} > 0)) || return
  compile build-fuzz "the fuzzers" "${fuzzers[@]}" || return
  guarded "$tools/run_fuzzers.py" --seconds "$fuzz_seconds" --jobs "$jobs" --corpus orchestrator/tests/fuzz/corpus \
    --work build-fuzz/found --junit "$results/fuzz.junit.xml" "${fuzzers[@]/#/build-fuzz/}"
}

cmd_test() {
  local suites=() argument suite
  for argument in "$@"; do
    case $argument in
      --all) export ASSAY_TEST_ALL=1 ;;
      -*) usage_error "unknown option \"$argument\"" ;;
      *)
        [[ " ${all_suites[*]} ${further_suites[*]} " == *" $argument "* ]] ||
          usage_error "unknown suite \"$argument\": known are ${all_suites[*]} ${further_suites[*]}"
        suites+=("$argument")
        ;;
    esac
  done
  ! nested test || return 0
  ((${#suites[@]} > 0)) || suites=("${all_suites[@]}")
  need_for test "${suites[@]}"
  if ! build_for_tests "${suites[@]}"; then
    say "0 passed, 1 failed"
    return 1
  fi
  local results=$PWD/build/test-results # where run_suite puts them
  export ASSAY_BUILD=never # for the tests; build_needs builds before them what they declare
  rm -rf "$results"
  mkdir -p "$results"
  for suite in "${suites[@]}"; do
    run_suite "$suite"
  done
  [[ " ${suites[*]} " != *" vm "* ]] || suites+=(vm-program)
  [[ ! -e $results/kernels.junit.xml ]] || suites+=(kernels)
  "$tools/summarise.py" "$results" "${suites[@]}"
}

cmd_bench() {
  local status=0
  [[ $# == 0 || ($# == 1 && $1 == --quick) ]] || usage_error "bench takes only --quick, not \"$*\""
  ! nested bench || return 0
  need_for bench
  build_all || die "cannot build Assay; the compiler's words are above"
  build_test_kernel || return
  guarded orchestrator/tests/bench/bench.py --assay "$program" "$@" || status=1
  guarded meson test -C build --benchmark --no-rebuild --verbose --num-processes 1 || status=1
  return "$status"
}
