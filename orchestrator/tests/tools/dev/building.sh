# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# How ./dev builds.

check_writable() {
  [[ ! -d $1 || -w $1 ]] ||
    die "cannot write to $1: it belongs to $(stat -c %U "$1"). Run as that user, or remove it"
}

# The folder from which Meson set up a build folder; it and ninja know both by their absolute paths.
source_of() {
  /usr/bin/python3 - "$1/meson-info/meson-info.json" <<'PYTHON'
import json, os, sys
try:
    print(os.path.realpath(json.load(open(sys.argv[1]))["directories"]["source"]))
except (OSError, ValueError, KeyError):
    print("somewhere unknown")
PYTHON
}

# A build folder that came here with a moved or copied checkout would build the other one. The compiler's cache still
# has its objects.
leave_behind() {
  local folder=$1 source
  [[ -f $folder/build.ninja ]] || return 0
  source=$(source_of "$folder")
  [[ -n $source && $source != "$PWD" ]] || return 0
  say "$folder was set up in $source: it is made anew here"
  check_writable "$folder"
  if [[ -L $folder ]]; then
    rm -f "$folder" # only the link is ours
    return
  fi
  # What fuzzers found is not built.
  find "$folder" -mindepth 1 -maxdepth 1 ! -name found -exec rm -rf {} + || die "cannot remove what is in $folder"
}

# configure FOLDER [MESON OPTION...]: sets up a build folder, again when the options are others.
configure() {
  local folder=$1 options=("${@:2}") wish
  wish="$(meson --version) ${CXX:-} ${options[*]}"
  check_writable "$folder"
  leave_behind "$folder"
  if [[ ! -f $folder/build.ninja ]]; then
    step "configuring $folder" meson setup "$folder" "${options[@]}" || return
  elif [[ $wish != "$(cat "$folder/dev-options" 2>/dev/null)" ]]; then
    step "configuring $folder again" meson setup --reconfigure "$folder" "${options[@]}" || return
  fi
  printf '%s\n' "$wish" >"$folder/dev-options"
}

# compile FOLDER WHAT [TARGET...]
# The compiler's cache finds objects again that another checkout of the same sources compiled.
compile() {
  check_writable "$1"
  CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 step "compiling $2" ninja -C "$1" -j "$jobs" "${@:3}"
}

# All of Assay but its tests, in a folder that may have been set up for more. One that was set up when a compiler or
# library was not here yet lacks a part, and is set up again.
build_runtime() {
  local parts
  leave_behind build
  parts=$(grep '^build assay-runtime:' build/build.ninja 2>/dev/null)
  if [[ $parts != *assay-agent-sparc64* || $parts != *assay/_native* ]]; then
    rm -f build/dev-options
    configure build -Dpython=enabled || return
  fi
  compile build Assay assay-runtime
}

# With its tests.
build_all() { configure build -Dtests=enabled -Dpython=enabled && compile build "Assay and its tests"; }

# build_for_tests SUITE...: what these run. Most of the compiling is for tests in C++.
build_for_tests() {
  if [[ " $* " =~ \ (unit|functional|vm)\  ]]; then
    build_all
  elif [[ " $* " =~ \ (bindings|docs|browser)\  ]]; then
    configure build -Dtests=enabled -Dpython=enabled &&
      compile build "Assay" assay-runtime orchestrator/tests/browser/sample-{run,mutants}
  fi
}

# Programs of a Meson folder whose name matches a pattern, as paths below the folder.
programs_like() {
  /usr/bin/python3 - "$1" "$2" <<'PYTHON'
import fnmatch, json, os, sys
folder = os.path.abspath(sys.argv[1])
for target in json.load(open(f"{folder}/meson-info/intro-targets.json")):
    if target["type"] == "executable" and fnmatch.fnmatch(target["name"], sys.argv[2]):
        print(os.path.relpath(target["filename"][0], folder))
PYTHON
}

# needs_of_tests FOLDER [TEST...]: what the unit tests, or those of these names, run, as paths below the Meson folder.
needs_of_tests() {
  /usr/bin/python3 - "$@" <<'PYTHON'
import json, os, sys
folder, names = os.path.abspath(sys.argv[1]), sys.argv[2:]
info = {name: json.load(open(f"{folder}/meson-info/intro-{name}.json")) for name in ("tests", "targets")}
tests = [test for test in info["tests"] if "assay:unit" in test["suite"] and (not names or test["name"] in names)]
needed = {target for test in tests for target in test["depends"]}
for target in info["targets"]:
    if target["id"] in needed:
        print(os.path.relpath(target["filename"][0], folder))
PYTHON
}
