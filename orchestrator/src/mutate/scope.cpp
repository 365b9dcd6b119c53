// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/scope.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/patch_apply.hpp"
#include "probe/patch_lines.hpp"

#include <algorithm>
#include <map>

namespace assay::mutate {
namespace {

using series::SeriesPatch;

bool is_c(const std::string& file) { return file.ends_with(".c"); }

/// "mm/memory.c:do_wp_page" as its two parts; the file is "" where none is said.
std::pair<std::string, std::string> file_and_function(const std::string& wish) {
  const auto colon = wish.rfind(':');
  return colon == std::string::npos ? std::pair(std::string(), wish)
                                    : std::pair(wish.substr(0, colon), wish.substr(colon + 1));
}

/// Collects what is wanted of each file.
class ScopeFinder {
 public:
  ScopeFinder(kernel::Variant head, std::optional<kernel::Variant> base, ScopeWish wish,
              kernel::BuilderOptions options, fs::path folder)
      : head_(std::move(head)),
        base_(std::move(base)),
        wish_(std::move(wish)),
        options_(std::move(options)),
        folder_(std::move(folder)) {}

  Task<Result<Scope>> find() {
    auto source = co_await probe::source_of(head_, options_);
    if (!source) {
      co_return source.error();
    }
    source_ = std::move(*source);
    auto copied = co_await copy_sides();
    if (!copied) {
      co_return copied.error();
    }
    if (wish_.patch && base_) {
      auto added = co_await add_patch();
      if (!added) {
        co_return added.error();
      }
    }
    for (const auto& function : wish_.functions) {
      if (auto added = add_function(function); !added) {
        co_return added.error();
      }
    }
    if (files_.empty()) {
      co_return fail(Failure::usage,
                     "cannot mutate {}: no line of a .c file is wanted{}; name functions by --function",
                     head_.name, base_ ? ", it does not differ from " + base_->name : "");
    }
    for (auto& [name, file] : files_) {
      scope_.files.push_back(std::move(file));
    }
    co_return std::move(scope_);
  }

 private:
  [[nodiscard]] fs::path now() const { return folder_ / "now"; }
  [[nodiscard]] fs::path before() const { return folder_ / "before"; }

  /// Both sides, each with copies of the files that either changes.
  Task<Status> copy_sides() {
    std::vector<std::pair<fs::path, const kernel::Variant*>> sides = {{now(), &head_}};
    if (base_) {
      sides.emplace_back(before(), &*base_);
    }
    for (const auto& [target, variant] : sides) {
      for (const auto& [other, another] : sides) {
        for (const auto& patch : another->patches) {
          if (auto copied = kernel::copy_patched_files(source_, target, patch); !copied) {
            co_return copied;
          }
        }
      }
      auto made = co_await probe::patched_copies(source_, target, variant->patches, variant->patches.size());
      if (!made) {
        co_return made;
      }
    }
    co_return Status();
  }

  Task<Status> add_patch() {
    std::set<std::string> names;
    for (const auto& variant : {&head_, &*base_}) {
      const auto touched = probe::files_of(variant->patches);
      if (!touched) {
        co_return touched.error();
      }
      for (const auto& file : *touched) {
        names.insert(file.now.empty() ? file.before : file.now);
      }
    }
    for (const auto& name : names) {
      const auto lines = co_await probe::changed_lines(before() / name, now() / name, name);
      if (!lines) {
        co_return lines.error();
      }
      if (lines->empty()) {
        continue;
      }
      if (!is_c(name)) {
        scope_.notes.push_back(fmt::format("{} is no .c file: its lines are not mutated", name));
        continue;
      }
      if (auto added = add_lines(name, *lines); !added) {
        co_return added;
      }
    }
    co_return Status();
  }

  /// Removed lines are not there any more.
  Status add_lines(const std::string& name, const std::vector<probe::PatchLine>& lines) {
    auto file = file_of(name);
    if (!file) {
      return file.error();
    }
    for (const auto& line : lines) {
      if (line.removed) {
        continue;
      }
      (**file).patched.insert(line.line);
      const auto first = line.line > wish_.context ? line.line - wish_.context : 1;
      for (auto one = first; one <= line.line + wish_.context; ++one) {
        (**file).lines.insert(one);
      }
    }
    return {};
  }

  Status add_function(const std::string& wish) {
    auto [name, function] = file_and_function(wish);
    if (name.empty()) {
      auto found = file_with(function);
      if (!found) {
        return found.error();
      }
      name = std::move(*found);
    }
    auto file = file_of(name);
    if (!file) {
      return file.error();
    }
    (**file).functions.insert(function);
    return {};
  }

  /// The one patched file that speaks of the function.
  [[nodiscard]] Result<std::string> file_with(const std::string& function) const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(now())) {
      const auto name = fs::relative(entry.path(), now()).generic_string();
      const auto text =
          entry.is_regular_file() && is_c(name) ? read_file(entry.path()) : Result<std::string>("");
      if (text && text->find(function + "(") != std::string::npos) {
        found.push_back(name);
      }
    }
    if (found.size() != 1) {
      return fail(Failure::usage,
                  "cannot tell the file of function {}: {}; write FILE:FUNCTION, as in mm/memory.c:{}",
                  function, found.empty() ? "no patched file has it" : "it is in " + listed(found), function);
    }
    return found.front();
  }

  Result<ScopedFile*> file_of(const std::string& name) {
    if (const auto known = files_.find(name); known != files_.end()) {
      return &known->second;
    }
    auto text = read_file(is_there(now() / name) ? now() / name : source_ / name);
    if (!text) {
      return fail(Failure::usage, "cannot mutate {}: {}", name, text.error().text());
    }
    auto& file = files_[name];
    file.name = name;
    file.text = std::move(*text);
    return &file;
  }

  kernel::Variant head_;
  std::optional<kernel::Variant> base_;
  ScopeWish wish_;
  kernel::BuilderOptions options_;
  fs::path folder_;
  fs::path source_;
  std::map<std::string, ScopedFile> files_;
  Scope scope_;
};

/// What of a compiler's command clang needs to parse the same: macros and where headers are.
bool is_for_parsing(std::string_view word) {
  return word.starts_with("-I") || word.starts_with("-D") || word.starts_with("-U") ||
         word.starts_with("-std=") || word == "-nostdinc" || word == "-fshort-wchar" ||
         word == "-funsigned-char" || word == "-fms-extensions" || word == "-m64";
}

/// The words of a command as kbuild records it: quotes are of the shell.
std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool any = false;
  for (const char c : command) {
    if (quote != 0 ? c == quote : c == '\'' || c == '"') {
      quote = quote != 0 ? '\0' : c;
      any = true;
    } else if (quote == 0 && (c == ' ' || c == '\t')) {
      if (any) {
        words.push_back(std::move(word));
      }
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) {
    words.push_back(std::move(word));
  }
  return words;
}

std::string json_string(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    result += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return result + "\"";
}

/// Lets clang see the copies in the tree.
Status write_overlay(const fs::path& file, const fs::path& tree, const fs::path& now) {
  std::string roots;
  for (const auto& entry : fs::recursive_directory_iterator(now)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    const auto place = tree / fs::relative(entry.path(), now);
    roots += fmt::format(
        "{}{{\"name\": {}, \"type\": \"directory\", \"contents\": [{{\"name\": {}, \"type\": \"file\", "
        "\"external-contents\": {}}}]}}",
        roots.empty() ? "" : ",\n", json_string(place.parent_path().string()),
        json_string(place.filename().string()), json_string(entry.path().string()));
  }
  return write_file(file, fmt::format("{{\"version\": 0, \"roots\": [{}]}}\n", roots));
}

}  // namespace

Task<Result<Scope>> find_scope(kernel::Variant head, std::optional<kernel::Variant> base, ScopeWish wish,
                               kernel::BuilderOptions options, fs::path folder) {
  ScopeFinder finder(std::move(head), std::move(base), std::move(wish), std::move(options),
                     std::move(folder));
  co_return co_await finder.find();
}

Result<std::vector<std::string>> clang_flags(const fs::path& tree, const std::string& file, Arch arch,
                                             const fs::path& folder) {
  const auto object = fs::path(file).replace_extension(".o");
  const auto record = tree / object.parent_path() / fmt::format(".{}.cmd", object.filename().string());
  const auto text = read_file(record);
  if (!text) {
    return fail(Failure::usage, "cannot mutate {}: this kernel does not compile it: {}", file,
                text.error().text());
  }
  std::vector<std::string> flags = {arch == Arch::sparc64 ? "--target=sparc64-linux-gnu"
                                                          : "--target=x86_64-linux-gnu"};
  const auto words = words_of(std::string_view(*text).substr(0, text->find('\n')));
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool pair = (words[i] == "-include" || words[i] == "-isystem") && i + 1 < words.size();
    if (pair || is_for_parsing(words[i])) {
      flags.push_back(words[i]);
    }
    if (pair) {
      flags.push_back(words[++i]);
    }
  }
  const auto overlay = fs::absolute(folder) / "overlay.json";
  if (auto written = write_overlay(overlay, tree, fs::absolute(folder) / "now"); !written) {
    return written.error();
  }
  flags.insert(flags.end(), {"-ivfsoverlay", overlay.string()});
  return flags;
}

}  // namespace assay::mutate
