// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/anon/pin_leaks.hpp"

#include "base/unique_fd.hpp"
#include "contract/context.hpp"
#include "mm/pipe_references.hpp"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

namespace assay::agent::workloads {
namespace {

std::size_t units_of(const AnonArea& area) { return area.pages() / area.unit(); }

void refer_to_units(const PipeReferences& pipe, const AnonArea& area) {
  for (std::size_t unit = 0; unit < units_of(area); ++unit) {
    pipe.refer_to(area.page(unit * area.unit()));
  }
}

/// How many of the pages that the pipe refers to begin with `word`.
std::size_t count_seen(const PipeReferences& pipe, const AnonArea& area, std::uint64_t word) {
  const auto bytes = pipe.peek();
  std::size_t count = 0;
  for (std::size_t at = 0; at < bytes.size(); at += area.page_size()) {
    std::uint64_t first = 0;
    std::memcpy(&first, bytes.data() + at, sizeof first);
    count += first == word ? 1 : 0;
  }
  return count;
}

void require_sight(const PipeReferences& pipe, const AnonArea& area, std::uint64_t word) {
  if (const auto seen = count_seen(pipe, area, word); seen != units_of(area)) {
    throw WorkloadSkip("a pipe sees " + std::to_string(seen) + " of " + std::to_string(units_of(area)) +
                       " pages that it refers to");
  }
}

void unmap(const AnonArea& area) { ::munmap(area.bytes().data(), area.bytes().size()); }

/// Runs `act` in a child that then ends; gives its pid.
template <class Act>
pid_t in_child(const Act& act) {
  const pid_t pid = ::fork();
  if (pid < 0) {
    throw_errno("fork");
  }
  if (pid == 0) {
    int code = 0;
    try {
      act();
    } catch (const std::exception&) {
      code = 1;
    }
    ::_exit(code);
  }
  return pid;
}

}  // namespace

std::int64_t count_leaks_to_child(const AnonArea& area, std::uint64_t word) {
  const PipeReferences pipe(units_of(area), area.page_size());
  const std::uint64_t before = area.word(0);
  ::waitpid(in_child([&] { refer_to_units(pipe, area); }), nullptr, 0);  // its end unmaps the area
  require_sight(pipe, area, before);
  area.write_all(word);
  return static_cast<std::int64_t>(count_seen(pipe, area, word));
}

std::int64_t count_leaks_to_parent(const AnonArea& area, std::uint64_t word) {
  const PipeReferences pipe(units_of(area), area.page_size());
  const UniqueFd go(::eventfd(0, EFD_CLOEXEC));
  const std::uint64_t before = area.word(0);
  const pid_t child = in_child([&] {
    std::uint64_t count = 0;
    if (::read(go.get(), &count, sizeof count) == sizeof count) {
      area.write_all(word);
    }
  });
  refer_to_units(pipe, area);
  require_sight(pipe, area, before);
  unmap(area);
  const std::uint64_t one = 1;
  const bool told = ::write(go.get(), &one, sizeof one) == sizeof one;
  ::waitpid(child, nullptr, 0);
  if (!told) {
    throw_errno("wake the child");
  }
  return static_cast<std::int64_t>(count_seen(pipe, area, word));
}

}  // namespace assay::agent::workloads
