// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "kernel/patch.hpp"
#include "kernel/tree.hpp"

#include <algorithm>
#include <charconv>

namespace assay::kernel {
namespace {

/// "Hunk #2 FAILED at 5378." -> 2
std::size_t hunk_number(std::string_view line) {
  std::size_t number = 0;
  const auto digits = line.substr(line.find('#') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

const FilePatch* file_named(const std::vector<FilePatch>& files, std::string_view path) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const FilePatch& file) {
    return file.new_path == path || file.old_path == path;
  });
  return found == files.end() ? nullptr : &*found;
}

/// What patch(1) said, as "mm/memory.c: hunk 2 (line 14 of the patch) does not fit: @@ ... @@", a line each.
std::string refused_hunks(const std::vector<FilePatch>& files, const std::vector<std::string>& said) {
  constexpr std::string_view patching = "patching file ";
  std::string refused;
  std::string path;
  for (const std::string_view line : said) {
    if (line.starts_with(patching)) {
      path = line.substr(patching.size());
      continue;
    }
    const bool failed = line.starts_with("Hunk #") && line.find("FAILED") != std::string_view::npos;
    const auto* file = file_named(files, path);
    const auto number = failed ? hunk_number(line) : 0;
    if (failed && file != nullptr && number >= 1 && number <= file->hunks.size()) {
      const auto& hunk = file->hunks[number - 1];
      refused += fmt::format("\n  {}: hunk {} (line {} of the patch) does not fit: {}", path, number,
                             hunk.line, printable(hunk.header));
    } else if (line.find("ignored") == std::string_view::npos && (failed || line.starts_with("can't find"))) {
      refused += fmt::format("\n  {}", printable(line));
    }
  }
  return refused;
}

Error refusal(const SeriesPatch& patch, std::string_view why) {
  return fail(Failure::build, "cannot {} {}: {}", patch.reverse ? "take back" : "apply", patch.where(), why);
}

/// What has to be there before the patch goes in.
const std::string& path_before(const SeriesPatch& patch, const FilePatch& file) {
  return patch.reverse ? file.new_path : file.old_path;
}

/// The file of a patch, for patch(1), gone with the object.
class PatchFile {
 public:
  explicit PatchFile(fs::path path) : path_(std::move(path)) {}
  PatchFile(const PatchFile&) = delete;
  PatchFile& operator=(const PatchFile&) = delete;
  PatchFile(PatchFile&&) = delete;
  PatchFile& operator=(PatchFile&&) = delete;
  ~PatchFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Neither way does patch(1) decide by itself to turn a patch round: --batch would ignore --reverse for a
/// patch that is not in the tree, and apply it.
std::vector<std::string> patch_arguments(const fs::path& tree, const fs::path& input, bool reverse) {
  return {"patch",
          "--strip=1",
          "--fuzz=0",
          reverse ? "--reverse" : "--forward",
          reverse ? "--force" : "--batch",
          "--no-backup-if-mismatch",
          "--reject-file=-",
          "--directory=" + tree.string(),
          "--input=" + fs::absolute(input).string()};
}

Status check_files(const fs::path& tree, const SeriesPatch& patch, const std::vector<FilePatch>& files) {
  for (const auto& file : files) {
    const auto& path = path_before(patch, file);
    std::error_code ignored;
    if (!path.empty() && !fs::exists(tree / path, ignored)) {
      return refusal(patch, fmt::format("the source has no file {}", printable(path)));
    }
  }
  return {};
}

}  // namespace

Status copy_patched_files(const fs::path& source, const fs::path& target, const SeriesPatch& patch) {
  if (auto made = make_directories(target); !made) {
    return made;
  }
  auto files = parse_patch(patch.text);
  if (!files) {
    return refusal(patch, files.error().text());
  }
  for (const auto& file : *files) {
    const auto& path = path_before(patch, file);
    const auto from = source / path;
    const auto to = target / path;
    std::error_code ignored;
    if (path.empty() || fs::exists(to, ignored) || !fs::is_regular_file(from, ignored)) {
      continue;
    }
    if (auto made = make_directories(to.parent_path()); !made) {
      return made;
    }
    if (auto copied = duplicate_file(from, to); !copied) {
      return copied;
    }
  }
  return {};
}

Task<Status> apply_patch(fs::path tree, SeriesPatch patch) {
  auto files = parse_patch(patch.text);
  if (!files) {
    co_return refusal(patch, files.error().text());
  }
  if (auto there = check_files(tree, patch, *files); !there) {
    co_return there;
  }
  const PatchFile input(tree.string() + ".patch");
  if (auto written = write_file(input.path(), patch.text); !written) {
    co_return written;
  }
  std::vector<std::string> said;
  Command command;
  command.argv = patch_arguments(tree, input.path(), patch.reverse);
  command.environment = {{"LC_ALL", "C"}};
  command.on_line = [&said](std::string_view line) { said.emplace_back(line); };
  auto end = co_await run_process(std::move(command));
  if (!end) {
    co_return end.error();
  }
  if (!end->ok()) {
    const auto hunks = refused_hunks(*files, said);
    co_return refusal(patch, hunks.empty() ? end->text() + (said.empty() ? "" : ": " + printable(said.back()))
                                           : "its context is not that of this source" + hunks);
  }
  co_return Status();
}

}  // namespace assay::kernel
