// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/context.hpp"
#include "mm/memory_cgroup.hpp"
#include "mm/ring_pins.hpp"
#include "mm/sealed_file.hpp"
#include "mm/shmem_counts.hpp"
#include "workloads/all.hpp"
#include "workloads/seal/huge_files.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <list>
#include <optional>
#include <utility>

namespace assay::agent::workloads {
namespace {

/// Where the process in the cgroup is; it waits for an answer at each.
enum class Step : char {
  pinned = 'p',
  sealed = 's',
  busy = 'b',
  all_done = 'a',
  released = 'r',
  failed = 'f'
};

struct ChargePlan {
  std::int64_t files = 0;
  std::size_t pages = 0;
  bool keep = false;
  bool across = false;
  std::uint64_t seed = 0;
};

/// One side of a conversation over two pipes: guests have no sockets.
struct Ends {
  UniqueFd reader;
  UniqueFd writer;
};

std::pair<Ends, Ends> connected() {
  std::array<int, 2> there{};
  std::array<int, 2> back{};
  if (::pipe2(there.data(), O_CLOEXEC) != 0 || ::pipe2(back.data(), O_CLOEXEC) != 0) {
    throw_errno("create a pipe");
  }
  return {Ends{UniqueFd(back[0]), UniqueFd(there[1])}, Ends{UniqueFd(there[0]), UniqueFd(back[1])}};
}

/// The process in the cgroup: makes files, pins all of their pages and seals them. The pins stay.
class ChargedProcess {
 public:
  ChargedProcess(const ChargePlan& plan, const Ends& parent) : plan_(plan), parent_(parent) {}

  void operator()() {
    for (std::int64_t i = 0; i < plan_.files; ++i) {
      add_file(plan_.seed + static_cast<std::uint64_t>(i));
    }
    tell(Step::all_done);
    for (const auto& pins : pins_) {
      pins.release();
    }
    tell(Step::released);
  }
  void tell(Step step) const {
    auto byte = static_cast<char>(step);
    if (::write(parent_.writer.get(), &byte, 1) != 1 || ::read(parent_.reader.get(), &byte, 1) != 1) {
      ::_exit(1);
    }
  }

 private:
  void add_file(std::uint64_t seed) {
    if (plan_.across) {
      bind_to_node(0);
    }
    files_.emplace_back(plan_.pages, seed);
    const SealedFile& file = files_.back();
    {
      const Mapping map = file.map_writable();
      pins_.emplace_back().pin({{.iov_base = map.data(), .iov_len = map.size()}});
    }
    if (plan_.across) {
      bind_to_node(1);
    }
    tell(Step::pinned);
    const int error = file.seal();
    if (error != 0 && error != EBUSY) {
      throw std::runtime_error("cannot seal the file");
    }
    tell(error == 0 ? Step::sealed : Step::busy);
    if (!plan_.keep) {
      files_.pop_back();
    }
  }

  ChargePlan plan_;
  const Ends& parent_;
  std::list<SealedFile> files_;
  std::list<RingPins> pins_;
};

[[noreturn]] void run_charged(const ChargePlan& plan, const MemoryCgroup& cgroup, const Ends& parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ChargedProcess process(plan, parent);
  try {
    cgroup.enter();
    process();
  } catch (const std::exception&) {
    process.tell(Step::failed);
  }
  ::_exit(0);
}

/// What the parent saw of it; all in pages.
struct ChargeTally {
  std::int64_t sealed = 0;
  std::int64_t busy = 0;
  std::int64_t charged = 0;  ///< at the last step
  std::int64_t added = 0;
  std::int64_t returned = 0;
  std::int64_t left = 0;
  std::int64_t miscounted = 0;
  std::int64_t misplaced = 0;
  std::int64_t peak = 0;
  bool failed = false;
};

class ChargeWatch {
 public:
  /// `moved` is what a file's pages count for, if its copies are to be on the other node.
  ChargeWatch(const MemoryCgroup& cgroup, Ends child, std::optional<ShmemCounts> moved)
      : cgroup_(cgroup), child_(std::move(child)), moved_(moved) {}

  /// Until the process has ended.
  ChargeTally operator()() {
    char byte = 0;
    while (::read(child_.reader.get(), &byte, 1) == 1) {
      const std::int64_t now = in_pages(cgroup_.current());
      account(static_cast<Step>(byte), now - tally_.charged);
      tally_.charged = now;
      tally_.peak = std::max(tally_.peak, now);
      if (::write(child_.writer.get(), &byte, 1) != 1) {
        break;
      }
    }
    tally_.peak = std::max(tally_.peak, in_pages(cgroup_.peak()));
    return tally_;
  }
  [[nodiscard]] static std::int64_t in_pages(std::int64_t bytes) { return bytes / ::sysconf(_SC_PAGESIZE); }

 private:
  void account(Step step, std::int64_t change) {
    if (step == Step::pinned) {
      before_ = look();
    } else if (step == Step::sealed || step == Step::busy) {
      compare(step == Step::sealed);
      ++(step == Step::sealed ? tally_.sealed : tally_.busy);
      tally_.added += change;
    } else if (step == Step::released) {
      tally_.returned = -change;
    } else if (step == Step::failed) {
      tally_.failed = true;
    }
  }

  /// The cgroup's counts and those of both nodes.
  struct Look {
    ShmemCounts cgroup;
    ShmemCounts from;
    ShmemCounts to;
  };

  [[nodiscard]] Look look() const {
    Look seen{.cgroup = shmem_counts_of(cgroup_), .from = {}, .to = {}};
    if (moved_) {
      seen.from = shmem_counts_of_node(0);
      seen.to = shmem_counts_of_node(1);
    }
    return seen;
  }

  /// The file has as many pages as before. Where it was sealed they are copies, and on the other node.
  void compare(bool sealed) {
    Look now = look();
    if (moved_ && sealed) {
      now.from += *moved_;
      now.to -= *moved_;
    }
    tally_.miscounted += (now.cgroup -= before_.cgroup).distance();
    tally_.misplaced += (now.from -= before_.from).distance() + (now.to -= before_.to).distance();
  }

  const MemoryCgroup& cgroup_;
  Ends child_;
  std::optional<ShmemCounts> moved_;
  Look before_;
  ChargeTally tally_;
};

ChargeTally watch_charges(const ChargePlan& plan, const MemoryCgroup& cgroup,
                          std::optional<ShmemCounts> moved) {
  auto [mine, its] = connected();
  const pid_t pid = ::fork();
  if (pid < 0) {
    throw_errno("fork");
  }
  if (pid == 0) {
    mine = {};
    run_charged(plan, cgroup, its);
  }
  its = {};
  ChargeTally tally = ChargeWatch(cgroup, std::move(mine), moved)();
  ::waitpid(pid, nullptr, 0);
  tally.left = ChargeWatch::in_pages(cgroup.current());
  return tally;
}

void seal_in_cgroup(Context& context) {
  const ChargePlan plan{.files = context.number("files"),
                        .pages = static_cast<std::size_t>(context.number("pages")),
                        .keep = context.flag("keep"),
                        .across = context.flag("across"),
                        .seed = context.seed()};
  const std::int64_t pages = context.number("pages");
  std::optional<HugeFiles> huge;
  if (context.flag("huge")) {
    huge.emplace();
  }
  std::optional<ShmemCounts> moved;
  if (plan.across) {
    (void)shmem_counts_of_node(1);  // or this guest has no second node
    moved = ShmemCounts{.shmem = pages, .file = pages, .huge = huge ? pages : 0};
  }
  const MemoryCgroup cgroup("assay-seal", context.number("limit"));
  context.begin_measurement();
  const ChargeTally tally = watch_charges(plan, cgroup, moved);
  context.end_measurement();
  context.counter("sealed", tally.sealed);
  context.counter("busy", tally.busy);
  context.counter("sealed_pages", tally.sealed * pages);
  context.counter("held", (tally.sealed + tally.busy) * pages);
  context.counter("added", tally.added);
  context.counter("returned", tally.returned);
  context.counter("left", tally.left);
  context.counter("miscounted", tally.miscounted);
  context.counter("misplaced", tally.misplaced);
  context.counter("charged_peak", tally.peak);
  context.counter("limit", ChargeWatch::in_pages(context.number("limit")));
  context.counter("oom_kills", cgroup.oom_kills());
  context.check("done", !tally.failed, "the process in the cgroup gave up before its last file");
}

}  // namespace

Workload seal_charge() {
  return {
      .name = "seal.charge",
      .summary = "A process in a cgroup pins all pages of files and seals them, and its charges are watched.",
      .parameters = {{.name = "files",
                      .unit = "files",
                      .default_value = "1",
                      .min = 1,
                      .max = 1000,
                      .help = "that are made, pinned and sealed, one after the other"},
                     {.name = "pages",
                      .unit = "pages",
                      .default_value = "1024",
                      .min = 64,
                      .max = 16'384,
                      .help = "of a file; charges are exact to some 64 pages a CPU"},
                     {.name = "limit",
                      .type = ParameterType::size,
                      .unit = "bytes",
                      .default_value = "0",
                      .min = 0,
                      .max = 1LL << 40U,
                      .help = "memory.max of the cgroup; 0 for none"},
                     {.name = "keep",
                      .type = ParameterType::boolean,
                      .default_value = "true",
                      .help = "sealed files stay open; if not, only their pins stay"},
                     {.name = "huge",
                      .type = ParameterType::boolean,
                      .default_value = "false",
                      .help = "files are of huge pages, if they have enough pages for one"},
                     {.name = "across",
                      .type = ParameterType::boolean,
                      .default_value = "false",
                      .help = "files are made on NUMA node 0 and copied to node 1"}},
      .counters =
          {{.name = "sealed", .unit = "files", .help = "that took the seal"},
           {.name = "busy", .unit = "files", .help = "that refused it with EBUSY"},
           {.name = "sealed_pages", .unit = "pages", .help = "of the files that took the seal, all pinned"},
           {.name = "held", .unit = "pages", .help = "pinned when all was done, or when the process died"},
           {.name = "added", .unit = "pages", .help = "by which sealing raised memory.current"},
           {.name = "returned", .unit = "pages", .help = "by which dropping all pins lowered it"},
           {.name = "left", .unit = "pages", .help = "that are charged when files and process are gone"},
           {.name = "miscounted",
            .unit = "pages",
            .help = "by which sealing changed shmem, file and shmem_thp of the cgroup's memory.stat"},
           {.name = "misplaced",
            .unit = "pages",
            .help = "by which nr_shmem, nr_file_pages and nr_shmem_hugepages of both nodes differ after "
                    "sealing from what they ought to be; with across"},
           {.name = "charged_peak", .unit = "pages", .help = "the most that was charged at a time"},
           {.name = "limit", .unit = "pages", .help = "as asked for"},
           {.name = "oom_kills", .unit = "kills", .help = "of the process in the cgroup"}},
      .checks = {{.name = "done", .help = "the process made all files, or the OOM killer ended it"}},
      .run = seal_in_cgroup};
}

}  // namespace assay::agent::workloads
