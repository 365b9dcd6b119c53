// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/measurement.hpp"

#include "base/clock.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace assay::agent {
namespace {

/// Folds the per-CPU parts of the gauges (nr_*) into their totals; event counters need no folding. Only
/// root may; without it gauges lag a little.
void refresh_gauges() {
  const int fd = ::open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);
  if (fd >= 0) {
    [[maybe_unused]] const auto written = ::write(fd, "1", 1);
    ::close(fd);
  }
}

/// Whoever watches the kernel from outside knows by these two system calls, which nothing else here needs and
/// assay.h makes, too, when the measurement begins and ends.
constexpr long begin_mark = SYS_sched_get_priority_max;
constexpr long end_mark = SYS_sched_get_priority_min;

void mark(long call) { (void)::syscall(call, SCHED_OTHER); }

}  // namespace

Measurement::Measurement() {
  // meminfo first: what it costs to read does not fall between the two readings of vmstat.
  struct Place {
    ProcKind kind;
    const char* path;
  };
  for (const auto& [kind, path] :
       {Place{ProcKind::meminfo, "/proc/meminfo"}, Place{ProcKind::vmstat, "/proc/vmstat"}}) {
    if (auto file = ProcFile::open(kind, path)) {
      const std::size_t count = file->fields().size();
      parts_.push_back(
          {std::move(*file), std::vector<std::int64_t>(count), std::vector<std::int64_t>(count)});
    }
  }
  // The first call of each system call and of the vDSO faults: have that now.
  warm_up();
}

void Measurement::warm_up() {
  read_before();
  mark(SYS_getppid);
  begin_ns_ = monotonic_ns();
  end_ns_ = monotonic_ns();
  read_after();
  begin_ns_ = 0;
  end_ns_ = 0;
}

void Measurement::read_before() {
  refresh_gauges();
  for (auto& part : parts_) {
    (void)part.file.read(part.before);
  }
}

void Measurement::read_after() {
  refresh_gauges();
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
    (void)part->file.read(part->after);
  }
}

void Measurement::begin() {
  read_before();
  mark(begin_mark);
  begin_ns_ = monotonic_ns();
}

void Measurement::begin_unmarked() {
  read_before();
  begin_ns_ = monotonic_ns();
}

void Measurement::end() {
  end_ns_ = monotonic_ns();
  mark(end_mark);
  read_after();
}

std::vector<std::pair<std::string, std::int64_t>> Measurement::changes() const {
  std::vector<std::pair<std::string, std::int64_t>> found;
  for (const auto& part : parts_) {
    const auto fields = part.file.fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::int64_t change = part.after[i] - part.before[i];
      const bool is_event = fields[i].unit == "events" || fields[i].unit == "KiB";
      if (is_event || change != 0) {
        found.emplace_back(fields[i].name, change);
      }
    }
  }
  return found;
}

std::int64_t Measurement::change(std::string_view name) const {
  for (const auto& part : parts_) {
    const auto fields = part.file.fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].name == name) {
        return part.after[i] - part.before[i];
      }
    }
  }
  return 0;
}

}  // namespace assay::agent
