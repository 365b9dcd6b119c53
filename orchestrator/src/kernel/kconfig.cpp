// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/kconfig.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <system_error>

namespace assay::kernel {
namespace {

bool is_symbol_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The symbols of an expression that stand without "!" before them.
std::vector<std::string> symbols_of(std::string_view expression) {
  std::vector<std::string> symbols;
  for (std::size_t i = 0; i < expression.size();) {
    if (!is_symbol_char(expression[i])) {
      ++i;
      continue;
    }
    auto end = i;
    while (end < expression.size() && is_symbol_char(expression[end])) {
      ++end;
    }
    const auto symbol = expression.substr(i, end - i);
    const bool negated = i > 0 && expression[i - 1] == '!';
    if (!negated && symbol != "y" && symbol != "n" && symbol != "m") {
      symbols.emplace_back(symbol);
    }
    i = end;
  }
  return symbols;
}

std::optional<std::string_view> argument(std::string_view line, std::string_view word) {
  if (!line.starts_with(word)) {
    return std::nullopt;
  }
  const auto rest = line.substr(word.size());
  return rest.empty() || rest.front() == ' ' || rest.front() == '\t' ? std::optional(trimmed(rest))
                                                                     : std::nullopt;
}

bool is_prompt(std::string_view line) {
  for (const std::string_view word : {"bool", "tristate", "int", "hex", "string"}) {
    if (const auto text = argument(line, word)) {
      return !text->empty();
    }
  }
  return argument(line, "prompt").has_value();
}

/// Recognises help texts: they end at the first line that is indented less than their first.
class HelpText {
 public:
  void begin() {
    inside_ = true;
    indent_ = 0;
  }
  /// Whether the line belongs to one.
  [[nodiscard]] bool has(std::string_view line) {
    if (!inside_ || trimmed(line).empty()) {
      return inside_;
    }
    const auto indent = indent_of(line);
    if (indent_ == 0) {
      indent_ = indent;
    }
    inside_ = indent_ != 0 && indent >= indent_;
    return inside_;
  }

 private:
  static std::size_t indent_of(std::string_view line) {
    std::size_t columns = 0;
    for (const char c : line.substr(0, line.find_first_not_of(" \t"))) {
      columns = c == '\t' ? (columns / 8 + 1) * 8 : columns + 1;
    }
    return columns;
  }

  bool inside_ = false;
  std::size_t indent_ = 0;  ///< of its first line; 0: not seen yet
};

std::vector<fs::path> kconfig_files(const fs::path& tree, std::string_view source_arch) {
  std::vector<fs::path> files;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(tree, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (entry.depth() == 1 && entry->path().parent_path().filename() == "arch" &&
        entry->is_directory(error) && name != source_arch) {
      entry.disable_recursion_pending();
      continue;
    }
    if (name.starts_with("Kconfig") && entry->is_regular_file(error)) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string KconfigSymbol::explain(const std::function<bool(std::string_view)>& is_on) const {
  if (dependencies.empty()) {
    return has_prompt ? "" : fmt::format("; only other options select it ({})", where);
  }
  std::set<std::string> missing;
  for (const auto& dependency : dependencies) {
    for (auto& symbol : symbols_of(dependency)) {
      if (!is_on(symbol)) {
        missing.insert(std::move(symbol));
      }
    }
  }
  auto text = fmt::format("; it depends on {} ({})", fmt::join(dependencies, " && "), where);
  if (!missing.empty()) {
    text += fmt::format(", of which off: {}", listed({missing.begin(), missing.end()}));
  }
  return text;
}

KconfigIndex::KconfigIndex(const fs::path& tree, std::string_view source_arch) {
  for (const auto& file : kconfig_files(tree, source_arch)) {
    read(file, file.lexically_relative(tree).string());
  }
}

void KconfigIndex::read(const fs::path& file, const std::string& shown) {
  const auto text = read_file(file);
  if (!text) {
    return;
  }
  std::vector<std::string> around;
  KconfigSymbol* current = nullptr;
  std::string current_name;
  HelpText help;
  std::size_t number = 0;
  for (const auto raw : split(*text, '\n')) {
    ++number;
    if (help.has(raw)) {
      continue;
    }
    const auto line = trimmed(raw.substr(0, raw.find('#')));
    auto name = argument(line, "config");
    if (!name) {
      name = argument(line, "menuconfig");
    }
    if (name) {
      current_name = *name;
      auto& definitions = symbols_[current_name];
      current = &definitions.emplace_back(KconfigSymbol{fmt::format("{}:{}", shown, number), around});
    } else if (const auto condition = argument(line, "if")) {
      around.emplace_back(*condition);
      current = nullptr;
    } else if (line == "endif" && !around.empty()) {
      around.pop_back();
      current = nullptr;
    } else if (argument(line, "help")) {
      help.begin();
    } else if (argument(line, "menu") || argument(line, "choice") || argument(line, "comment")) {
      current = nullptr;
    } else if (const auto needs = argument(line, "depends on"); needs && current != nullptr) {
      current->dependencies.emplace_back(*needs);
    } else if (const auto selected = argument(line, "select"); selected && current != nullptr) {
      selectors_[std::string(selected->substr(0, selected->find_first_of(" \t")))].push_back(current_name);
    } else if (current != nullptr) {
      current->has_prompt = current->has_prompt || is_prompt(line);
      current->can_be_module =
          current->can_be_module || argument(line, "tristate") || argument(line, "def_tristate");
    }
  }
}

const std::vector<KconfigSymbol>* KconfigIndex::find(std::string_view name) const {
  const auto found = symbols_.find(name);
  return found == symbols_.end() ? nullptr : &found->second;
}

std::vector<std::string> KconfigIndex::selectors(std::string_view name) const {
  const auto found = selectors_.find(name);
  return found == selectors_.end() ? std::vector<std::string>() : found->second;
}

std::vector<std::string> KconfigIndex::names() const {
  std::vector<std::string> names;
  for (const auto& [name, definitions] : symbols_) {
    names.push_back(name);
  }
  return names;
}

}  // namespace assay::kernel
