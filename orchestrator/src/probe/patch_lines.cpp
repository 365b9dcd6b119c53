// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/patch_lines.hpp"

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/scratch_folder.hpp"
#include "kernel/patch_apply.hpp"
#include "kernel/source.hpp"
#include "kernel/source_find.hpp"
#include "series/patch.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <system_error>

namespace assay::probe {
namespace {

using series::SeriesPatch;

/// Without those of the kernel that it changes; none for one that extends no other.
std::vector<SeriesPatch> own_patches(const kernel::Variant& variant) {
  return {variant.patches.begin() + static_cast<std::ptrdiff_t>(variant.first_own_patch),
          variant.patches.end()};
}

}  // namespace

Task<Status> patched_copies(fs::path source, fs::path target, std::vector<SeriesPatch> patches,
                            std::size_t count) {
  for (const auto& patch : patches) {
    if (auto copied = kernel::copy_patched_files(source, target, patch); !copied) {
      co_return copied;
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto applied = co_await kernel::apply_patch(target, patches[i]);
    if (!applied) {
      co_return applied;
    }
  }
  co_return Status();
}

Task<Result<fs::path>> source_of(kernel::Variant variant, kernel::BuilderOptions options) {
  const kernel::CacheLayout layout(options.cache);
  auto input = co_await kernel::find_source(variant, std::move(options));
  if (!input) {
    co_return input.error();
  }
  kernel::ProgressMeter meter(variant.name, [](const kernel::BuildProgress&) {});
  co_return co_await kernel::unpacked_source(layout, std::move(*input), meter);
}

Result<std::vector<FilePair>> files_of(const std::vector<SeriesPatch>& patches) {
  std::map<std::string, std::string> names;  // now -> before
  std::vector<FilePair> pairs;
  for (const auto& patch : patches) {
    const auto files = series::parse_patch(patch.text);
    if (!files) {
      return files.error();
    }
    const auto earlier = names;  // each file of a patch is named as it was before the patch
    for (const auto& file : *files) {
      if (!file.is_copy) {
        names.erase(patch.reverse ? file.new_path : file.old_path);
      }
    }
    for (const auto& file : *files) {
      const auto& from = patch.reverse ? file.new_path : file.old_path;
      const auto& to = patch.reverse ? file.old_path : file.new_path;
      const auto known = earlier.find(from);
      const auto before = known != earlier.end() ? known->second : from;
      if (!to.empty()) {
        names[to] = before;
      } else if (!before.empty()) {
        pairs.push_back({before, ""});
      }
    }
  }
  for (const auto& [now, before] : names) {
    pairs.push_back({before, now});
  }
  std::ranges::sort(pairs, {},
                    [](const FilePair& pair) { return pair.now.empty() ? pair.before : pair.now; });
  return pairs;
}

Task<Result<std::vector<PatchLine>>> changed_lines(fs::path before, fs::path now, std::string name) {
  std::error_code ignored;
  const auto or_nothing = [&ignored](const fs::path& file) {
    return fs::is_regular_file(file, ignored) ? file.string() : std::string("/dev/null");
  };
  std::vector<PatchLine> lines;
  Command command;
  command.argv = {"diff",
                  "--text",
                  "--unchanged-line-format=",
                  "--old-line-format=-%dn:%l\n",
                  "--new-line-format=+%dn:%l\n",
                  or_nothing(before),
                  or_nothing(now)};
  command.on_line = [&](std::string_view line) {
    const auto colon = std::min(line.find(':'), line.size());
    unsigned number = 0;
    const bool has_number = colon > 1 && colon < line.size();
    const auto [end, error] =
        std::from_chars(line.data() + (has_number ? 1 : 0), line.data() + colon, number);
    if (has_number && error == std::errc() && end == line.data() + colon) {
      lines.push_back({name, number, std::string(line.substr(colon + 1)), line.front() == '-'});
    }
  };
  const auto end = co_await run_process(std::move(command));
  if (!end) {
    co_return end.error();
  }
  if (end->signal != 0 || end->code > 1) {
    co_return fail(Failure::infrastructure, "cannot compare {} with {}: {}", before.string(), now.string(),
                   end->text());
  }
  co_return lines;
}

bool has_own_series(const kernel::Variant& variant) { return !own_patches(variant).empty(); }

Task<Result<std::vector<PatchLine>>> patch_lines(kernel::Variant variant, kernel::BuilderOptions options) {
  std::vector<PatchLine> all;
  const auto own = own_patches(variant);
  if (own.empty()) {
    co_return all;
  }
  auto files = files_of(own);
  if (!files) {
    co_return files.error();
  }
  const ScratchFolder scratch(options.cache / "work" / fmt::format("lines-{}-{}", variant.name, ::getpid()));
  const auto source = co_await source_of(variant, options);
  if (!source) {
    co_return source.error();
  }
  const auto before = scratch.path() / "before";
  const auto now = scratch.path() / "now";
  for (const auto& [side, count] :
       {std::pair(before, variant.first_own_patch), std::pair(now, variant.patches.size())}) {
    auto made = co_await patched_copies(*source, side, variant.patches, count);
    if (!made) {
      co_return made.error();
    }
  }
  for (const auto& file : *files) {
    auto lines = co_await changed_lines(before / file.before, now / file.now,
                                        file.now.empty() ? file.before : file.now);
    if (!lines) {
      co_return lines.error();
    }
    all.insert(all.end(), std::make_move_iterator(lines->begin()), std::make_move_iterator(lines->end()));
  }
  co_return all;
}

}  // namespace assay::probe
