// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/patch.hpp"

#include "base/text.hpp"

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

}  // namespace

Result<std::vector<FilePatch>> parse_patch(std::string_view text) { return PatchReader().read(text); }

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

}  // namespace assay::kernel
