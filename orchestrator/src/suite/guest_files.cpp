// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/hash.hpp"
#include "image/program_needs.hpp"
#include "suite/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>

namespace assay::suite {
namespace {

/// What tests take for granted. A guest has busybox, bash and the suite.
constexpr std::string_view start_script = R"(#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a guest what tests take for granted, and runs one program: start FOLDER PROGRAM ARGUMENT...
/bin/busybox --install -s /bin 2>/dev/null
tool() {
  [ -x "/usr/bin/$1" ] && return
  rm -f "/bin/$1"
  cat >"/bin/$1"
  chmod 755 "/bin/$1"
}
# It is root, and uses sudo to be somebody else.
tool sudo <<'END'
#!/bin/sh
[ "$1" = -u ] || exec "$@"
user=$2
shift 2
exec su -s /bin/sh "$user" -c "$*"
END
# busybox has no --wait, by which tests wait until what they killed is gone.
tool killall <<'END'
#!/bin/bash
waits=
words=()
for word; do
  case $word in
    -w | --wait) waits=1 ;;
    *) words+=("$word") ;;
  esac
done
/bin/busybox killall "${words[@]}" || exit
while [ -n "$waits" ] && /bin/busybox pidof "${words[-1]}" >/dev/null; do
  sleep 0.1
done
END
# busybox has no "ps PID", which fails when there is none.
tool ps <<'END'
#!/bin/sh
case $1 in
  '' | *[!0-9]*) exec /bin/busybox ps "$@" ;;
esac
[ -d "/proc/$1" ] && /bin/busybox ps | awk -v pid="$1" 'NR == 1 || $1 == pid'
END
mount -t tmpfs tmpfs /tmp
mkdir -p /dev/shm /mnt /var/tmp /run
mountpoint -q /dev/shm || mount -t tmpfs tmpfs /dev/shm
mountpoint -q /dev/mqueue || { mkdir -p /dev/mqueue && mount -t mqueue mqueue /dev/mqueue; } 2>/dev/null
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
echo 1 >/proc/sys/vm/unprivileged_userfaultfd
mkswap /dev/vda >/dev/null && swapon /dev/vda
ulimit -c 0
cd "$1" || exit
shift
case $1 in
  ./*) [ -x "$1" ] || chmod 755 "$1" ;;
esac
exec "$@"
)";

/// The script as a file, by its content: another Assay may have another.
Result<fs::path> start_file(const fs::path& cache) {
  auto file = cache / ("start-" + sha256(start_script).substr(0, 16));
  if (is_there(file)) {
    return file;
  }
  if (auto written = write_file(file, start_script); !written) {
    return written.error();
  }
  std::error_code error;
  fs::permissions(file, fs::perms::owner_all, error);
  return file;
}

/// A program that cannot run in a guest, for want of a library here, takes no other with it.
void leave_out(Plan& plan, const std::string& guest, const std::string& why) {
  const auto name = fs::path(guest).filename().string();
  plan.not_built.push_back({name, why});
  for (auto& category : plan.categories) {
    const bool is_it = category.arguments.size() > 1 &&
                       (fs::path(category.arguments[0]) / category.arguments[1]).lexically_normal() == guest;
    if (is_it && category.not_run.empty()) {
      category.not_run = why;
    }
  }
}

}  // namespace

Status add_needs(Plan& plan, const fs::path& cache) {
  const auto start = start_file(cache);
  if (!start) {
    return start.error();
  }
  auto& files = plan.files;
  files.push_back({std::string(guest_start), *start, ""});
  std::ranges::sort(files, {}, &image::HostFile::path);
  const auto twice = std::ranges::unique(files, {}, &image::HostFile::path);
  files.erase(twice.begin(), twice.end());
  image::ProgramSource source;
  for (const auto& file : files) {
    source.brought.emplace(file.path, file.host);
  }
  source.environment = {"PATH=/sbin:/bin:/usr/sbin:/usr/bin"};
  auto needs = image::ProgramNeeds::create(std::move(source));
  if (!needs) {
    return needs.error();
  }
  for (const std::string program : {"bash", "/bin/busybox"}) {
    const auto added = needs->add(program);
    if (!added || !*added) {
      const auto package = program == "/bin/busybox" ? "busybox-static" : program;
      return fail(Failure::usage, "cannot run the suite in a guest: there is no {}; apt install {}", program,
                  package);
    }
  }
  std::vector<image::HostFile> brought;
  for (auto& file : files) {
    if (auto added = needs->add_needs_of(file.host, file.path); !added) {
      leave_out(plan, file.path, added.error().text());
    } else {
      brought.push_back(std::move(file));
    }
  }
  files = std::move(brought);
  std::ranges::move(needs->files(), std::back_inserter(files));
  return {};
}

}  // namespace assay::suite
