// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/patch.hpp"

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "kernel/tree.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace assay::kernel {
namespace {

constexpr std::string_view null_device = "/dev/null";

std::optional<std::string_view> after(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix)) {
    return std::nullopt;
  }
  return line.substr(prefix.size());
}

/// "-5378,9" -> 9; "-5378" -> 1.
std::optional<std::size_t> length_of(std::string_view range) {
  const auto comma = range.find(',');
  if (comma == std::string_view::npos) {
    return 1;
  }
  std::size_t length = 0;
  const auto digits = range.substr(comma + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return length;
}

/// Reads a patch line by line: between hunks it looks for headers, inside one it only counts.
class PatchReader {
 public:
  Result<std::vector<FilePatch>> read(std::string_view text) {
    for (const auto line : split(text, '\n')) {
      ++number_;
      const auto status = in_hunk() ? body(line) : header(line);
      if (!status) {
        return status.error();
      }
    }
    if (in_hunk()) {
      return fail(Failure::build, "hunk \"{}\" is cut off at the end", files_.back().hunks.back().header);
    }
    if (std::none_of(files_.begin(), files_.end(), [](const auto& file) { return !file.hunks.empty(); })) {
      return fail(Failure::build, "there is no unified diff in it");
    }
    return std::move(files_);
  }

 private:
  [[nodiscard]] bool in_hunk() const { return old_left_ + new_left_ > 0; }

  [[nodiscard]] Error wrong(std::string_view what) const {
    return fail(Failure::build, "line {}: {}", number_, what);
  }

  Status body(std::string_view line) {
    const char kind = line.empty() ? ' ' : line.front();
    if (kind == '\\') {
      return {};
    }
    const bool old_side = kind == ' ' || kind == '-';
    const bool new_side = kind == ' ' || kind == '+';
    if ((!old_side && !new_side) || (old_side && old_left_ == 0) || (new_side && new_left_ == 0)) {
      return wrong(fmt::format("hunk \"{}\" is mangled here", files_.back().hunks.back().header));
    }
    old_left_ -= old_side ? 1 : 0;
    new_left_ -= new_side ? 1 : 0;
    return {};
  }

  Status header(std::string_view line) {
    if (const auto path = after(line, "--- ")) {
      old_path_ = *path;
    } else if (const auto added = after(line, "+++ ")) {
      return next_file(*added);
    } else if (line.starts_with("@@ -")) {
      return next_hunk(line);
    } else if (line.starts_with("GIT binary patch")) {
      return wrong("binary patches cannot be applied");
    } else if (line.starts_with("new file mode 120") || line.starts_with("new mode 120")) {
      return wrong("symbolic links are not accepted from patches");
    } else {
      for (const std::string_view prefix : {"rename from ", "rename to ", "copy from ", "copy to "}) {
        if (const auto path = after(line, prefix)) {
          return check(*path);
        }
      }
      return git_header(line);
    }
    return {};
  }

  Status git_header(std::string_view line) {
    const auto paths = after(line, "diff --git ");
    if (!paths) {
      return {};
    }
    for (const auto path : split(*paths, ' ')) {
      if (auto checked = check(path); !checked) {
        return checked;
      }
    }
    return {};
  }

  /// A path that stays below the tree's root once its first folder is gone. Error: build.
  [[nodiscard]] Status check(std::string_view path) const {
    const bool leaves = path.starts_with('/') || path.starts_with('"');
    const auto parts = split(path, '/');
    if (leaves || std::find(parts.begin(), parts.end(), "..") != parts.end()) {
      return wrong(fmt::format("the path \"{}\" leaves the kernel tree", printable(path)));
    }
    return {};
  }

  [[nodiscard]] Result<std::string> stripped(std::string_view path) const {
    path = trimmed(path.substr(0, path.find('\t')));
    if (path == null_device) {
      return std::string();
    }
    if (auto checked = check(path); !checked) {
      return checked.error();
    }
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) {
      return wrong(fmt::format("the path \"{}\" has no folder in front, as \"a/\"", printable(path)));
    }
    return std::string(path.substr(slash + 1));
  }

  Status next_file(std::string_view added) {
    auto from = stripped(old_path_);
    if (!from) {
      return from.error();
    }
    auto to = stripped(added);
    if (!to) {
      return to.error();
    }
    if (from->empty() && to->empty()) {
      return wrong("a diff needs the name of a file");
    }
    files_.push_back({std::move(*from), std::move(*to), {}});
    return {};
  }

  Status next_hunk(std::string_view line) {
    const auto parts = split(line, ' ');
    const auto old_length = parts.size() > 3 ? length_of(parts[1]) : std::nullopt;
    const auto new_length = parts.size() > 3 ? length_of(parts[2]) : std::nullopt;
    if (files_.empty() || !old_length || !new_length) {
      return wrong(fmt::format("\"{}\" is no hunk of a known file", printable(line)));
    }
    old_left_ = *old_length;
    new_left_ = *new_length;
    files_.back().hunks.push_back({std::string(line), number_});
    return {};
  }

  std::vector<FilePatch> files_;
  std::string_view old_path_ = null_device;
  std::size_t number_ = 0;
  std::size_t old_left_ = 0;
  std::size_t new_left_ = 0;
};

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
  std::string refused;
  std::string path;
  for (const std::string_view line : said) {
    if (const auto name = after(line, "patching file ")) {
      path = *name;
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

Error refusal(const fs::path& patch, std::string_view why) {
  return fail(Failure::build, "cannot apply {}: {}", patch.string(), why);
}

}  // namespace

Result<std::vector<FilePatch>> parse_patch(std::string_view text) { return PatchReader().read(text); }

Status copy_patched_files(const fs::path& source, const fs::path& target, const fs::path& patch) {
  if (auto made = make_directories(target); !made) {
    return made;
  }
  auto text = read_file(patch);
  if (!text) {
    return text.error();
  }
  auto files = parse_patch(*text);
  if (!files) {
    return refusal(patch, files.error().text());
  }
  for (const auto& file : *files) {
    const auto from = source / file.old_path;
    const auto to = target / file.old_path;
    std::error_code ignored;
    if (file.old_path.empty() || fs::exists(to, ignored) || !fs::is_regular_file(from, ignored)) {
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

Task<Status> apply_patch(fs::path tree, fs::path patch) {
  auto text = read_file(patch);
  if (!text) {
    co_return text.error();
  }
  auto files = parse_patch(*text);
  if (!files) {
    co_return refusal(patch, files.error().text());
  }
  for (const auto& file : *files) {
    std::error_code ignored;
    if (!file.old_path.empty() && !fs::exists(tree / file.old_path, ignored)) {
      co_return refusal(patch, fmt::format("the source has no file {}", file.old_path));
    }
  }
  std::vector<std::string> said;
  Command command;
  command.argv = {"patch",
                  "--strip=1",
                  "--fuzz=0",
                  "--forward",
                  "--batch",
                  "--no-backup-if-mismatch",
                  "--reject-file=-",
                  "--directory=" + tree.string(),
                  "--input=" + fs::absolute(patch).string()};
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
