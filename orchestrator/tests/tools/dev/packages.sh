# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Which Debian packages what needs, and how ./dev installs them.

# What Assay needs from Debian 12, in groups; ARCHITECTURE.md says why each package was chosen. A group that is called
# like a suite has what only its tests need.
groups=(build guests kernels clang mutants debugger python tests pytest bindings browser fuzz vm newcomer lint)
declare -A purpose=(
  [build]="to compile Assay"
  [guests]="to run guests: QEMU and libvirt, no daemon is needed"
  [kernels]="to build kernels, and their sources"
  [clang]="to build kernels of the flavour clang"
  [mutants]="to make mutants of kernels: assay mutate"
  [debugger]="to debug kernels in guests: assay gdb"
  [python]="to use Assay from Python and notebooks"
  [tests]="to compile and measure with the tests"
  [pytest]="to run the tests that are Python"
  [bindings]="to test Assay from Python and its notebooks"
  [browser]="to test the HTML report in a browser"
  [fuzz]="to fuzz Assay"
  [vm]="to test with guests"
  [newcomer]="to test the README on a minimal Debian 12"
  [lint]="to check Assay's sources"
)
declare -A packages=(
  [build]="g++ meson ninja-build ccache pkg-config libvirt-dev libboost1.81-dev libspdlog-dev libfmt-dev
    libtomlplusplus-dev libcli11-dev nlohmann-json3-dev libflatbuffers-dev flatbuffers-compiler libsqlitecpp-dev
    libsqlite3-dev libarchive-dev libssl-dev libpugixml-dev libdw-dev libelf-dev nodejs npm ca-certificates
    pybind11-dev python3-dev g++-sparc64-linux-gnu libc6-dev-sparc64-cross"
  [guests]="qemu-system-x86 qemu-system-sparc qemu-system-data seabios
    libvirt-daemon-driver-qemu libvirt-daemon-system busybox-static"
  [kernels]="linux-source-6.12 linux-source-6.1 gcc gcc-sparc64-linux-gnu
    make flex bison bc libelf-dev xz-utils bzip2 patch cpio git"
  [clang]="clang-19 lld-19 llvm-19"
  [mutants]="clang-19"
  [debugger]="gdb gdb-multiarch"
  [python]="python3-numpy python3-pandas python3-jinja2 python3-matplotlib python3-ipykernel python3-nbclient"
  [tests]="libgtest-dev libgmock-dev libbenchmark-dev"
  [pytest]="python3-pytest"
  [bindings]="mypy"
  [browser]="chromium chromium-driver python3-selenium"
  [fuzz]="clang-19 libclang-rt-19-dev"
  [vm]="python3-pytest-xdist"
  [newcomer]="mmdebstrap python3 ccache git"
  [lint]="clang-19 llvm-19 libclang-rt-19-dev clang-tidy-19 clang-format-19 shellcheck git
    mypy python3-numpy python3-nbclient python3-selenium"
)
# The groups that each command needs, and each suite of `test`; a test compares them with what is imported and started.
declare -A needs=(
  [build]="build"
  [install]="build"
  [demo]="build guests kernels"
  [python]="build guests kernels python"
  [bench]="build guests kernels python tests"
  [lint]="build tests pytest lint"
  ["test unit"]="build mutants tests"
  ["test functional"]="build kernels mutants tests"
  ["test python"]="pytest"
  ["test bindings"]="build python tests pytest bindings"
  ["test docs"]="build guests kernels tests pytest"
  ["test browser"]="build tests pytest browser"
  ["test fuzz"]="build fuzz"
  ["test vm"]="build guests kernels clang debugger python tests pytest vm"
  ["test newcomer"]="newcomer"
)

check_system() {
  local ID='' VERSION_ID='' PRETTY_NAME='an unknown system'
  # shellcheck source=/dev/null
  [[ ! -r /etc/os-release ]] || . /etc/os-release
  if [[ $ID != debian || $VERSION_ID != 12 ]]; then
    warn "this is $PRETTY_NAME; Assay is developed on Debian 12, so package names and versions may not fit"
  fi
  [[ $(uname -m) == x86_64 ]] || warn "this machine is $(uname -m); only x86-64 hosts are tested"
  local free
  free=$(df --output=avail -BG . | tail -n 1 | tr -dc 0-9)
  ((free >= needed_gib)) || warn "only $free GiB are free here; kernels and build folders want $needed_gib GiB"
}

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]] || is_provided "$1"
}
# By another package, as Node.js of its own makers comes with npm and conflicts with Debian's. (grep reads all there
# is: with -q it would end early, dpkg-query would be told by a signal, and the pipe would fail.)
is_provided() {
  dpkg-query -W -f '${db:Status-Status} ${Provides},\n' 2>/dev/null | grep -E "^installed (.*, )?$1( \(|,)" >/dev/null
}

# What sudo would drop, and apt-get needs.
proxies_here() { env | grep -aiE '^(https?|ftp|all|no)_proxy='; }
# as_root COMMAND...: needs root, or sudo.
as_root() {
  local proxies
  if ((EUID == 0)); then
    "$@"
  else
    mapfile -t proxies < <(proxies_here)
    sudo env "${proxies[@]}" "$@"
  fi
}
# A machine that was just started may be updating itself; a mirror may be away for a moment.
apt() { as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"; }
apt_install() { apt install -y -q --no-install-recommends "$@"; }

install_missing() {
  local missing=("$@") unknown=() package
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    die "cannot install packages: neither root nor sudo here. As root: apt-get install --no-install-recommends ${missing[*]}"
  fi
  if ((EUID != 0)); then
    sudo true || die "cannot install packages: sudo refused"
  fi
  # A fresh machine knows no package yet; an old list leads to files that are gone.
  if ! apt_install --simulate "${missing[@]}" >/dev/null 2>&1; then
    step "apt-get update" apt update || die "cannot update the package lists"
  fi
  for package in "${missing[@]}"; do
    apt-cache show "$package" >/dev/null 2>&1 || unknown+=("$package")
  done
  if ((${#unknown[@]} > 0)); then
    die "cannot install ${unknown[*]}: the package sources of this machine do not offer them" \
      "(Debian 12 needs bookworm and bookworm-security in /etc/apt/sources.list)"
  fi
  step "installing packages (${#missing[@]})" apt_install "${missing[@]}" && return 0
  warn "trying again with new package lists"
  step "apt-get update" apt update && step "installing packages (${#missing[@]})" apt_install "${missing[@]}"
}

# need GROUP...: installs what is missing of these groups; silent when nothing is.
need() {
  local group package missing=() here
  if ! command -v dpkg-query >/dev/null; then
    warn "no dpkg here: install by hand what stands in the list of packages in ./dev"
    return 0
  fi
  for group in "$@"; do
    here=()
    for package in ${packages[$group]}; do
      [[ " ${missing[*]} " == *" $package "* ]] || is_installed "$package" || here+=("$package")
    done
    if ((${#here[@]} > 0)); then
      say "${bold}missing ${purpose[$group]}:${plain} ${here[*]}" | fmt -w 80
      missing+=("${here[@]}")
    fi
  done
  ((${#missing[@]} == 0)) && return 0
  check_system
  install_missing "${missing[@]}" || die "cannot install what is missing; apt-get's words are above"
}

# groups_for COMMAND [SUITE...]: sets `needed` to the groups of a command; of all suites where `test` names none.
groups_for() {
  local users=("$1") user group
  if [[ $1 == test ]]; then
    users=("${@:2}")
    (($# > 1)) || users=("${all_suites[@]}")
    users=("${users[@]/#/test }")
  fi
  needed=()
  for user in "${users[@]}"; do
    for group in ${needs[$user]}; do
      [[ " ${needed[*]} " == *" $group "* ]] || needed+=("$group")
    done
  done
}

# need_for COMMAND [SUITE...]: installs what is missing for it.
need_for() {
  local needed
  groups_for "$@"
  need "${needed[@]}"
}
