// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/mutant_kernel.hpp"

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "kernel/gc.hpp"
#include "mutate/c_mutants.hpp"

#include <system_error>
#include <utility>

namespace assay::mutate {

Task<Result<std::string>> diff_of(const Mutant& mutant, const ScopedFile& file, fs::path folder) {
  if (auto made = make_directories(folder); !made) {
    co_return made.error();
  }
  const auto before = folder / (mutant.id + ".before");
  const auto after = folder / (mutant.id + ".after");
  for (const auto& [path, text] :
       {std::pair(before, file.text), std::pair(after, mutated(file.text, mutant))}) {
    if (auto written = write_file(path, text); !written) {
      co_return written.error();
    }
  }
  std::string diff;
  Command command;
  command.argv = {"diff",           "--text",        "-u",          "--label", "a/" + file.name, "--label",
                  "b/" + file.name, before.string(), after.string()};
  command.on_line = [&diff](std::string_view line) { diff += std::string(line) + '\n'; };
  const auto end = co_await run_process(std::move(command));
  std::error_code ignored;
  fs::remove(before, ignored);
  fs::remove(after, ignored);
  if (!end) {
    co_return end.error();
  }
  if (end->signal != 0 || end->code > 1) {
    co_return fail(Failure::infrastructure, "cannot write a mutant of {} as a patch: diff ended with {}",
                   file.name, end->text());
  }
  co_return diff;
}

kernel::Variant mutant_of(const kernel::Variant& variant, const Mutant& mutant, std::string diff) {
  auto result = variant;
  if (variant.is_root) {
    result.base = variant.name;
    result.root = variant.name;
    result.root_patches = variant.patches.size();
    result.root_fragments = variant.fragments.size();
    result.is_root = false;
  }
  result.name = "mutant " + mutant.id;
  // Its series is of no interest to a probe that covers patches.
  result.patches.push_back(
      {mutant.id + ".patch", std::move(diff), std::string(name_of(mutant.op)), false, {}});
  result.first_own_patch = result.patches.size();
  return result;
}

void forget_kernel(const kernel::BuilderOptions& options, const std::string& id) {
  const kernel::CacheLayout layout(options.cache);
  const auto gone = kernel::remove_garbage(layout, {layout.build(id), "a mutant", id});
  if (!gone) {
    log_event("mutant's kernel {} stays: {}", id, gone.error().text());
  }
}

}  // namespace assay::mutate
