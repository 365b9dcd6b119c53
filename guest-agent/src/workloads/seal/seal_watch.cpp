// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/seal/seal_watch.hpp"

#include "contract/context.hpp"
#include "mm/cpu_choice.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

namespace assay::agent::workloads {
namespace {

/// Who unmaps a page goes over all mappings of the file, the oldest first. With these before it, the one that
/// is looked at goes last, and there is time to store something meanwhile.
std::vector<Mapping> map_often(const SealedFile& file) {
  std::vector<Mapping> maps(200);
  std::ranges::generate(maps, [&] { return file.map_read_only(); });
  return maps;
}

/// What the process does until the call has returned.
class OrderLoop {
 public:
  OrderLoop(const OrderProcess::Task& task, UniqueFd parent)
      : task_(task),
        parent_(std::move(parent)),
        older_(map_often(task.file)),
        seen_(task.file.map_read_only()) {
    if (task.writer == OrderWriter::mapping) {
      stores_ = task.file.map_writable();
    }
  }

  void operator()() {
    go_over();
    tell();
    while (!task_.board.over) {
      go_over();
      if (task_.board.leave && stores_.data() != nullptr) {
        stores_ = Mapping();
        can_store_ = false;
        tell();
      }
    }
    go_over();
  }

 private:
  void go_over() {
    for (std::size_t place = 0; place < task_.count; ++place) {
      const std::size_t at = watched_page(task_.file, place, task_.count) * task_.file.page_size();
      if (can_store_ && task_.board.done(place) < task_.file.page_size()) {
        task_.board.begin_store(place);
        store(place, at);
        task_.board.end_store(place);
      }
      const std::size_t bound = task_.board.seen(place);
      task_.board.look(place, bound, version_of(seen_.data() + at, task_.file.page_size()), true);
    }
  }

  void store(std::size_t place, std::size_t page) {
    const std::size_t byte = task_.board.done(place);
    if (task_.writer == OrderWriter::pins) {
      task_.pins.clear(place, byte);
    } else {
      std::atomic_ref(stores_.data()[page + byte]).store(std::byte{0});
    }
  }

  void tell() const {
    const char byte = 0;
    if (::write(parent_.get(), &byte, 1) != 1) {
      throw_errno("write to a pipe");
    }
  }

  OrderProcess::Task task_;
  UniqueFd parent_;
  std::vector<Mapping> older_;
  Mapping seen_;
  Mapping stores_;
  bool can_store_ = true;
};

[[noreturn]] void run_order_loop(const OrderProcess::Task& task, UniqueFd parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int status = 0;
  try {
    apart_from_the_call(1);
    OrderLoop(task, std::move(parent))();
  } catch (const std::exception&) {
    status = 1;
  }
  ::_exit(status);
}

}  // namespace

void apart_from_the_call(std::size_t cpu) {
  if (::sysconf(_SC_NPROCESSORS_ONLN) > 1) {
    stay_on_cpu(cpu);
  }
}

void OrderBoard::look(std::size_t place, std::size_t bound, std::size_t version, bool is_mapping) {
  ++reads_;
  Page& page = pages_.at(place);
  if (version < bound) {
    page.went_back = true;
  } else if (version > page.begun) {
    page.unwritten = true;
  } else if (is_mapping) {
    std::size_t newest = page.seen;
    while (newest < version && !page.seen.compare_exchange_weak(newest, version)) {
    }
  }
}

std::int64_t OrderBoard::went_back() const {
  return std::ranges::count_if(pages_, [](const Page& page) { return page.went_back.load(); });
}

std::int64_t OrderBoard::unwritten() const {
  return std::ranges::count_if(pages_, [](const Page& page) { return page.unwritten.load(); });
}

std::size_t watched_page(const SealedFile& file, std::size_t place, std::size_t count) {
  return place * file.pages() / count;
}

std::size_t version_of(const std::byte* page, std::size_t size) {
  const std::byte* end = page + size;
  return static_cast<std::size_t>(std::find_if(page, end, [](std::byte one) { return one != std::byte{0}; }) -
                                  page);
}

OrderProcess::OrderProcess(const Task& task) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw_errno("create a pipe");
  }
  told_.reset(ends[0]);
  UniqueFd its(ends[1]);
  pid_ = ::fork();
  if (pid_ < 0) {
    throw_errno("fork");
  }
  if (pid_ == 0) {
    told_.reset();
    run_order_loop(task, std::move(its));
  }
  its.reset();
  char byte = 0;
  if (::read(told_.get(), &byte, 1) != 1) {
    finish();
  }
}

OrderProcess::~OrderProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

bool OrderProcess::has_left() const {
  pollfd told{.fd = told_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&told, 1, 0) != 0;
}

void OrderProcess::finish() {
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  if (status != 0) {
    throw std::runtime_error("the process that stores and looks ended too early");
  }
}

}  // namespace assay::agent::workloads
