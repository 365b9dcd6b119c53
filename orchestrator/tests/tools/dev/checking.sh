# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# How ./dev checks the sources.

# Files of the tree, new ones too, that match a pattern.
own_files() {
  local file
  git -c safe.directory="$PWD" ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
    [[ ! -f $file ]] || printf '%s\n' "$file"
  done
}

lint_format() {
  local files
  mapfile -t files < <(own_files '*.cpp' '*.hpp' '*.c' '*.h')
  guarded clang-format-19 --dry-run -Werror "${files[@]}"
}
lint_budgets() { guarded "$tools/budgets.py"; }
lint_shell() {
  local files
  # The parts of ./dev make sense only together.
  mapfile -t files < <(own_files '*.sh' '*.bash' .ci/run images/busybox/build ":!$tools/dev/*")
  guarded shellcheck --external-sources --check-sourced dev "${files[@]}"
}
lint_types() {
  local files
  mapfile -t files < <(own_files '*.py')
  guarded mypy --strict --no-error-summary --cache-dir build/mypy --scripts-are-modules "${files[@]}"
}
# Each source by itself: it must include what it uses.
lint_tidy() {
  configure build-tidy -Dtests=enabled -Dunity=off -Doptimization=0 && compile build-tidy "each source by itself" &&
    guarded "$tools/tidy.py" build-tidy --jobs "$jobs"
}
# The sanitisers are clang's: a second compiler sees the sources too.
lint_asan() { sanitised build-asan address,undefined; }
# Only machine/ has threads: libvirt's blocking calls.
lint_tsan() { sanitised build-tsan thread machine; }
# sanitised FOLDER SANITIZER [TEST...]: unit tests under a sanitiser.
sanitised() {
  local folder=$1 programs
  CC='ccache clang-19' CXX='ccache clang++-19' configure "$folder" -Dtests=enabled -Db_sanitize="$2" -Db_lundef=false ||
    return
  mapfile -t programs < <(needs_of_tests "$folder" "${@:3}")
  if ((${#programs[@]} == 0)); then
    say "$folder has no such unit tests: ${*:3}"
    return 1
  fi
  compile "$folder" "$folder" "${programs[@]}" || return
  local -x ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-19/bin/llvm-symbolizer
  local -x TSAN_OPTIONS=external_symbolizer_path=$ASAN_SYMBOLIZER_PATH
  guarded meson test -C "$folder" --no-rebuild --print-errorlogs --timeout-multiplier 3 --suite unit "${@:3}"
}

cmd_lint() {
  local lints=("$@") lint failed=() begin status
  for lint in "${lints[@]}"; do
    [[ " ${all_lints[*]} " == *" $lint "* ]] || usage_error "unknown check \"$lint\": known are ${all_lints[*]}"
  done
  ! nested lint || return 0
  ((${#lints[@]} > 0)) || lints=("${all_lints[@]}")
  need_for lint
  mkdir -p build
  for lint in "${lints[@]}"; do
    begin=$SECONDS status=0
    "lint_$lint" || status=$?
    if ((status == 0)); then
      say "${green}ok${plain}      lint $lint ($((SECONDS - begin)) s)"
    else
      say "${red}FAILED${plain}  lint $lint ($((SECONDS - begin)) s)"
      failed+=("$lint")
    fi
  done
  if ((${#failed[@]} > 0)); then
    say "lint: $((${#lints[@]} - ${#failed[@]})) of ${#lints[@]} checks are clean; not clean: ${failed[*]}"
    return 1
  fi
  say "lint: all ${#lints[@]} checks are clean"
}
