// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/anon/write_at_once.hpp"

#include "contract/context.hpp"
#include "mm/anon_child.hpp"
#include "mm/cpu_choice.hpp"
#include "mm/huge_pages.hpp"
#include "mm/mapping.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <new>
#include <stdexcept>

namespace assay::agent::workloads {
namespace {

constexpr int meeting_rounds = 8;

/// What came of one side's writes.
struct MeetingSums {
  std::int64_t waited = 0;
  std::int64_t wrong = 0;
};

/// What the two processes share.
struct MeetingBoard {
  std::atomic<std::size_t> parent{0};  ///< how often each has come
  std::atomic<std::size_t> child{0};
  MeetingSums of_child;
};

/// How often this thread has slept.
std::int64_t count_sleeps() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

bool is_gone(pid_t child) {
  siginfo_t info{};
  const int failed = ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT);
  return failed != 0 || info.si_pid != 0;
}

/// Writes to the first page of each huge page when `meet` returns, and then looks what all pages hold.
MeetingSums write_firsts(const AnonArea& area, std::uint64_t word, const std::function<void()>& meet) {
  MeetingSums sums;
  for (std::size_t first = 0; first < area.pages(); first += area.unit()) {
    meet();
    const auto before = count_sleeps();
    area.write(first, word);
    sums.waited += count_sleeps() != before ? 1 : 0;
  }
  for (std::size_t index = 0; index < area.pages(); ++index) {
    sums.wrong += area.word(index) == (index % area.unit() == 0 ? word : 1) ? 0 : 1;
  }
  return sums;
}

[[noreturn]] void be_writing_child(const AnonArea& area, MeetingBoard& board) {
  int code = 0;
  try {
    stay_on_cpu(1);
    board.of_child = write_firsts(area, 3, [&] {
      const std::size_t step = ++board.child;
      while (board.parent < step) {
      }
    });
  } catch (const std::exception&) {
    code = 1;
  }
  ::_exit(code);
}

MeetingSums write_with_child(const AnonArea& area, MeetingBoard& board) {
  const pid_t child = fork_or_throw();
  if (child == 0) {
    be_writing_child(area, board);
  }
  const MeetingSums own = write_firsts(area, 2, [&] {
    const std::size_t step = ++board.parent;
    while (board.child < step) {
      if (is_gone(child)) {
        throw std::runtime_error("a child of fork() ended early");
      }
    }
  });
  wait_for_end(child);
  return {.waited = own.waited + board.of_child.waited, .wrong = own.wrong + board.of_child.wrong};
}

}  // namespace

void write_at_once(MarkerScene& scene) {
  if (::sysconf(_SC_NPROCESSORS_ONLN) < 2) {
    throw WorkloadSkip("two processes cannot write at once: there is one CPU");
  }
  const Mapping shared = map_shared(sizeof(MeetingBoard));
  stay_on_cpu(0);
  for (int round = 0; round < meeting_rounds; ++round) {
    // Not the same memory again: where huge pages were split once, a page table stays.
    const AnonArea fresh("thp", scene.area.bytes().size());
    if (bytes_mapped_huge(fresh.bytes().data()) < fresh.bytes().size()) {
      throw WorkloadSkip("memory has no huge pages left");
    }
    const MeetingSums sums = write_with_child(fresh, *new (shared.data()) MeetingBoard);
    scene.sum.reached += scene.sum.units;
    scene.sum.waited += sums.waited;
    scene.sum.wrong += sums.wrong;
  }
}

}  // namespace assay::agent::workloads
