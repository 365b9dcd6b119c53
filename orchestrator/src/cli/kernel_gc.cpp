// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "cli/kernel_verbs.hpp"
#include "cli/messages.hpp"
#include "kernel/gc.hpp"
#include "run/garbage.hpp"

#include <utility>

namespace assay::cli {
namespace {

void print_garbage(const std::vector<kernel::Garbage>& garbage) {
  for (const auto& one : garbage) {
    print(fmt::format("  {:>10}  {}\n", human(kernel::freed_by({one})), printable(one.what)));
  }
}

}  // namespace

Task<Result<ExitCode>> collect_kernels(Globals& globals, KernelOptions options) {
  auto places = globals.places();
  if (!places) {
    co_return places.error();
  }
  std::vector<std::string> notes;
  const auto needed = co_await run::needed_kernels(*places, options.runs, notes);
  if (!needed) {
    co_return needed.error().within("tell which kernels are needed");
  }
  for (const auto& note : notes) {
    tell("nothing is kept for this one: " + note);
  }
  const kernel::CacheLayout layout(places->kernels());
  const auto garbage = kernel::find_garbage(layout, *needed);
  const auto total = kernel::freed_by(garbage);
  print_garbage(garbage);
  if (!options.yes) {
    print(garbage.empty() ? "nothing to free: experiments and the last runs need all kernels\n"
                          : fmt::format("would free {}; assay kernel gc --yes does it\n", human(total)));
    co_return ExitCode::all_hold;
  }
  for (const auto& one : garbage) {
    if (auto removed = kernel::remove_garbage(layout, one); !removed) {
      co_return removed.error();
    }
  }
  print(fmt::format("freed {}\n", human(total)));
  co_return ExitCode::all_hold;
}

}  // namespace assay::cli
