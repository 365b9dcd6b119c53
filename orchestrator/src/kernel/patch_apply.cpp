// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/patch_apply.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/git.hpp"
#include "kernel/left_out.hpp"
#include "kernel/tree.hpp"
#include "series/patch.hpp"

#include <algorithm>
#include <charconv>

namespace assay::kernel {
namespace {

Error refusal(const series::SeriesPatch& patch, std::string_view why) {
  return fail(Failure::build, "cannot {} {}: {}", patch.reverse ? "take back" : "apply", patch.where(), why);
}

/// What has to be there before the patch goes in.
const std::string& path_before(const series::SeriesPatch& patch, const series::FilePatch& file) {
  return patch.reverse ? file.new_path : file.old_path;
}

const std::string& path_after(const series::SeriesPatch& patch, const series::FilePatch& file) {
  return patch.reverse ? file.old_path : file.new_path;
}

/// A file that nobody unpacked, as nothing compiles it.
bool is_passed_over(const fs::path& tree, const std::string& path) {
  return !path.empty() && is_left_out(path) && !is_there(tree / path);
}

/// The hunk of "error: patch failed: mm/memory.c:5378".
std::string refused_hunk(const series::SeriesPatch& patch, const std::vector<series::FilePatch>& files,
                         std::string_view place) {
  const auto colon = std::min(place.rfind(':'), place.size());
  const auto path = place.substr(0, colon);
  std::size_t begin = 0;
  const auto digits = place.substr(std::min(place.size(), colon + 1));
  std::from_chars(digits.data(), digits.data() + digits.size(), begin);
  for (const auto& file : files) {
    for (const auto& hunk : file.hunks) {
      if (path_before(patch, file) == path && (patch.reverse ? hunk.new_begin : hunk.old_begin) == begin) {
        return fmt::format("{}: hunk at line {} of the patch does not fit: {}", path, hunk.line,
                           printable(hunk.header));
      }
    }
  }
  return fmt::format("{} does not fit", printable(place));
}

/// What git said, a line each: the hunks that do not fit, or what else is wrong.
std::string refused(const series::SeriesPatch& patch, const std::vector<series::FilePatch>& files,
                    const std::vector<std::string>& said) {
  constexpr std::string_view failed = "error: patch failed: ";
  constexpr std::string_view error = "error: ";
  std::string hunks;
  std::string rest;
  for (const std::string_view line : said) {
    if (line.starts_with(failed)) {
      hunks += "\n  " + refused_hunk(patch, files, line.substr(failed.size()));
    } else if (line.starts_with(error) && !line.starts_with("error: while searching") &&
               !line.ends_with(": patch does not apply")) {
      rest += "\n  " + printable(line.substr(error.size()));
    }
  }
  const bool returns = patch.text.find("\r\n@@ -") != std::string::npos;
  return hunks.empty()
             ? "git does not take it:" + rest
             : fmt::format("its context is not that of this source{}{}{}",
                           returns ? ", or only its line ends are not: they are CR LF" : "", hunks, rest);
}

/// The file of a patch, for git, gone with the object.
class PatchFile {
 public:
  explicit PatchFile(const fs::path& tree) : path_(fs::absolute(tree).string() + ".patch") {}
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

/// `name` for git's --exclude, which takes patterns.
std::string literally(const std::string& name) {
  std::string pattern;
  for (const char c : name) {
    pattern += std::string_view("*?[]\\").find(c) == std::string_view::npos ? std::string(1, c)
                                                                            : std::string("\\") + c;
  }
  return pattern;
}

enum class Wish : std::uint8_t { apply, check };

/// Runs `git apply` in the tree, which is no repository, wherever it lies. A check tells of all hunks that do
/// not fit.
Task<Result<bool>> git_apply(fs::path tree, series::SeriesPatch patch, std::vector<series::FilePatch> files,
                             Wish wish, std::vector<std::string>& said) {
  const PatchFile input(tree);
  if (auto written = write_file(input.path(), series::behind_message(patch.text)); !written) {
    co_return written.error();
  }
  std::vector<std::string> words = {"git", "apply", "-p1", "--whitespace=nowarn"};
  if (patch.reverse) {
    words.emplace_back("--reverse");
  }
  if (wish == Wish::check) {
    words.insert(words.end(), {"--check", "--reject"});
  }
  for (const auto& file : files) {
    if (is_passed_over(tree, path_before(patch, file))) {
      const auto& after = path_after(patch, file);
      words.push_back("--exclude=" + literally(after.empty() ? path_before(patch, file) : after));
    }
  }
  words.push_back(input.path().string());
  auto command = git_command(std::move(words), Settings::none);
  command.environment.emplace_back("GIT_CEILING_DIRECTORIES", fs::absolute(tree).parent_path().string());
  command.directory = tree;
  command.on_line = [&said](std::string_view line) { said.emplace_back(line); };
  auto end = co_await run_process(std::move(command));
  if (!end) {
    co_return end.error();
  }
  // With --reject a check always ends well.
  const bool errors = std::any_of(said.begin(), said.end(),
                                  [](const std::string& line) { return line.starts_with("error: "); });
  co_return end->ok() && !errors;
}

/// Why it does not go in.
Task<Error> explained(fs::path tree, series::SeriesPatch patch, std::vector<series::FilePatch> files) {
  auto applied = co_await is_applied(tree, patch);
  if (!applied) {
    co_return applied.error();
  }
  if (*applied) {
    co_return refusal(
        patch, patch.reverse ? "it is not in the source" : "it is already in the source; leave it out");
  }
  for (const auto& file : files) {
    const auto& path = path_before(patch, file);
    if (!path.empty() && !is_there(tree / path) && !is_left_out(path)) {
      co_return refusal(patch, fmt::format("the source has no file {}", printable(path)));
    }
  }
  std::vector<std::string> said;
  const auto checked = co_await git_apply(std::move(tree), patch, files, Wish::check, said);
  co_return checked ? refusal(patch, refused(patch, files, said)) : checked.error();
}

}  // namespace

Status copy_patched_files(const fs::path& source, const fs::path& target, const series::SeriesPatch& patch) {
  if (auto made = make_directories(target); !made) {
    return made;
  }
  auto files = series::parse_patch(patch.text);
  if (!files) {
    return refusal(patch, files.error().text());
  }
  for (const auto& file : *files) {
    for (const auto& path : {file.old_path, file.new_path}) {
      const auto from = source / path;
      const auto to = target / path;
      std::error_code ignored;
      if (path.empty() || is_there(to) || !fs::is_regular_file(from, ignored)) {
        continue;
      }
      if (auto made = make_directories(to.parent_path()); !made) {
        return made;
      }
      if (auto copied = duplicate_file(from, to); !copied) {
        return copied;
      }
    }
  }
  return {};
}

Task<Status> apply_patch(fs::path tree, series::SeriesPatch patch) {
  auto files = series::parse_patch(patch.text);
  if (!files) {
    co_return refusal(patch, files.error().text());
  }
  std::vector<std::string> said;
  auto applied = co_await git_apply(tree, patch, *files, Wish::apply, said);
  if (!applied) {
    co_return applied.error();
  }
  if (*applied) {
    co_return Status();
  }
  co_return co_await explained(std::move(tree), std::move(patch), std::move(*files));
}

Task<Result<bool>> is_applied(fs::path tree, series::SeriesPatch patch) {
  auto files = series::parse_patch(patch.text);
  if (!files) {
    co_return refusal(patch, files.error().text());
  }
  const auto passed_over = [&](const series::FilePatch& file) {
    return is_passed_over(tree, path_after(patch, file)) || is_passed_over(tree, path_before(patch, file));
  };
  if (std::all_of(files->begin(), files->end(), passed_over)) {
    co_return false;
  }
  patch.reverse = !patch.reverse;
  std::vector<std::string> said;
  co_return co_await git_apply(std::move(tree), std::move(patch), std::move(*files), Wish::check, said);
}

}  // namespace assay::kernel
