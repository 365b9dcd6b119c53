// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/patch.hpp"

#include "base/text.hpp"
#include "series/patch_path.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace assay::series {
namespace {

constexpr std::string_view null_device = "/dev/null";

std::optional<std::string_view> after(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix)) {
    return std::nullopt;
  }
  return line.substr(prefix.size());
}

/// "-5378,9".
struct Range {
  std::size_t begin = 0;
  std::size_t length = 1;
};

std::optional<Range> range_of(std::string_view text) {
  Range range;
  const char* const last = text.data() + text.size();
  auto read = std::from_chars(text.data() + 1, last, range.begin);
  if (read.ec == std::errc() && read.ptr != last && *read.ptr == ',') {
    read = std::from_chars(read.ptr + 1, last, range.length);
  }
  return read.ec == std::errc() && read.ptr == last ? std::optional(range) : std::nullopt;
}

/// Reads a patch line by line: between hunks it looks for headers, inside one it only counts.
class PatchReader {
 public:
  explicit PatchReader(std::string_view text)
      : lines_(split(text, '\n')),
        next_(static_cast<std::size_t>(std::count(
            text.begin(), text.end() - static_cast<std::ptrdiff_t>(behind_message(text).size()), '\n'))) {}

  Result<std::vector<FilePatch>> read() {
    while (next_ < lines_.size()) {
      const auto line = lines_[next_++];
      const auto status = in_hunk() ? body(line) : header(line);
      if (!status) {
        return status.error();
      }
    }
    if (in_hunk()) {
      return fail(Failure::build, "hunk \"{}\" is cut off at the end", files_.back().hunks.back().header);
    }
    if (std::none_of(files_.begin(), files_.end(), [](const auto& file) { return !file.hunks.empty(); }) &&
        !without_hunk_) {
      return fail(Failure::usage, "there is no unified diff in it");
    }
    return std::move(files_);
  }

  /// All lines that count, once it was read.
  [[nodiscard]] const std::string& diff() const { return diff_; }

 private:
  [[nodiscard]] bool in_hunk() const { return old_left_ + new_left_ > 0; }

  void keep(std::string_view line) { diff_.append(line).append("\n"); }

  [[nodiscard]] Error wrong(std::string_view what) const {
    return fail(Failure::build, "line {}: {}", next_, what);
  }

  Status body(std::string_view line) {
    keep(line);
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
    const auto next = next_ < lines_.size() ? lines_[next_] : std::string_view();
    if (line.starts_with("--- ") && next.starts_with("+++ ")) {
      ++next_;
      return next_file(line.substr(4), next.substr(4));
    }
    if (line.starts_with("@@ -")) {
      return next_hunk(line);
    }
    if (const auto paths = after(line, "diff --git ")) {
      return git_header(*paths);
    }
    return extended_header(line);
  }

  /// "diff --git a/x b/x": both names, where they are the same; others follow in lines of their own.
  Status git_header(std::string_view paths) {
    keep(paths);
    const auto names = git_names(paths);
    for (const auto& name : names) {
      if (auto checked = check(name); !checked) {
        return checked;
      }
    }
    const auto old_path = without_first_folder(names[0]);
    const auto new_path = without_first_folder(names[1]);
    const auto same = old_path == new_path ? old_path : std::string();
    files_.push_back({same, same, {}, false});
    of_git_ = true;
    return {};
  }

  /// What git says of a file between its header and its hunks.
  Status extended_header(std::string_view line) {
    constexpr std::array modes = {"new file mode ", "deleted file mode ", "new mode ", "old mode "};
    for (const auto* mode : modes) {
      if (const auto bits = after(line, mode)) {
        return next_mode(line, *bits);
      }
    }
    for (const std::string_view prefix : {"rename from ", "copy from ", "rename to ", "copy to "}) {
      if (const auto name = after(line, prefix)) {
        return next_name(line, unquoted(*name), prefix);
      }
    }
    if (of_git_ && line.starts_with("Binary files ")) {
      return wrong("a binary file changes, and the patch does not have its bytes (git format-patch has)");
    }
    if (of_git_ && line.starts_with("GIT binary patch")) {
      keep(line);
      without_hunk_ = true;
    }
    of_git_ = of_git_ && line.find("index ") != std::string_view::npos;
    return {};
  }

  Status next_mode(std::string_view line, std::string_view bits) {
    if (bits.starts_with("120")) {
      return wrong("symbolic links are not accepted from patches");
    }
    if (bits.starts_with("160")) {
      return wrong("submodules are not accepted from patches");
    }
    if (of_git_) {
      keep(line);
      without_hunk_ = true;
      if (line.starts_with("new file")) {
        files_.back().old_path.clear();
      } else if (line.starts_with("deleted")) {
        files_.back().new_path.clear();
      }
    }
    return {};
  }

  Status next_name(std::string_view line, const std::string& name, std::string_view prefix) {
    if (auto checked = check(name); !checked) {
      return checked;
    }
    if (of_git_) {
      keep(line);
      without_hunk_ = true;
      (prefix.ends_with("from ") ? files_.back().old_path : files_.back().new_path) = name;
      files_.back().is_copy = prefix.starts_with("copy ");
    }
    return {};
  }

  /// A path that stays below the tree's root once its first folder is gone. Error: build.
  [[nodiscard]] Status check(std::string_view path) const {
    const auto parts = split(path, '/');
    if (path.starts_with('/') || std::find(parts.begin(), parts.end(), "..") != parts.end()) {
      return wrong(fmt::format("the path \"{}\" leaves the kernel tree", printable(path)));
    }
    return {};
  }

  [[nodiscard]] Result<std::string> stripped(std::string_view written) const {
    const auto path = unquoted(trimmed(written.substr(0, written.find('\t'))));
    if (path == null_device) {
      return std::string();
    }
    if (auto checked = check(path); !checked) {
      return checked.error();
    }
    if (path.find('/') == std::string::npos) {
      return wrong(fmt::format("the path \"{}\" has no folder in front, as \"a/\"", printable(path)));
    }
    return without_first_folder(path);
  }

  Status next_file(std::string_view removed, std::string_view added) {
    auto from = stripped(removed);
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
    keep(*from);
    keep(*to);
    bool is_copy = false;
    if (of_git_ && files_.back().hunks.empty()) {
      is_copy = files_.back().is_copy;
      files_.pop_back();
    }
    of_git_ = false;
    files_.push_back({std::move(*from), std::move(*to), {}, is_copy});
    return {};
  }

  Status next_hunk(std::string_view line) {
    const auto parts = split(line, ' ');
    const auto old_range = parts.size() > 3 ? range_of(parts[1]) : std::nullopt;
    const auto new_range = parts.size() > 3 ? range_of(parts[2]) : std::nullopt;
    if (files_.empty() || !old_range || !new_range) {
      return wrong(fmt::format("\"{}\" is no hunk of a known file", printable(line)));
    }
    keep(line);
    old_left_ = old_range->length;
    new_left_ = new_range->length;
    files_.back().hunks.push_back({std::string(line), next_, old_range->begin, new_range->begin});
    return {};
  }

  std::vector<std::string_view> lines_;
  std::size_t next_;  ///< the line that is read next; the number of the one that is being read
  std::vector<FilePatch> files_;
  std::string diff_;
  bool of_git_ = false;        ///< a git header was read, and no "+++" of its file yet
  bool without_hunk_ = false;  ///< a change that needs none was seen
  std::size_t old_left_ = 0;
  std::size_t new_left_ = 0;
};

/// git's patchbreak(): what begins the diff, or ends the message in front of it.
bool ends_message(std::string_view line) {
  if (line.starts_with("diff -") || line.starts_with("Index: ")) {
    return true;
  }
  if (!line.starts_with("---")) {
    return false;
  }
  const auto behind = line.substr(3);
  return trimmed(behind).empty() || (behind.size() > 1 && behind[0] == ' ' && behind[1] != ' ');
}

}  // namespace

Result<std::vector<FilePatch>> parse_patch(std::string_view text) { return PatchReader(text).read(); }

bool has_diff(std::string_view text) {
  std::string_view before;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("diff --git ") || (before.starts_with("--- ") && line.starts_with("+++ "))) {
      return true;
    }
    before = line;
  }
  return false;
}

std::string diff_of(std::string_view text) {
  PatchReader reader(text);
  return reader.read() ? reader.diff() : std::string(text);
}

std::string_view behind_message(std::string_view text) {
  for (auto rest = text; !rest.empty();) {
    const auto end = rest.find('\n');
    if (ends_message(rest.substr(0, end))) {
      return rest;
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return text;
}

}  // namespace assay::series
