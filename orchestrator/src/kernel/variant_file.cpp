// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/variant_file.hpp"

#include "base/text.hpp"

#include <toml++/toml.h>

#include <algorithm>

namespace assay::kernel {
namespace {

namespace fs = std::filesystem;

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a decimal number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or a time";
  }
}

/// Reads the keys of one file and collects what is wrong with them.
class Reader {
 public:
  explicit Reader(fs::path file) : file_(std::move(file)) {}

  [[nodiscard]] std::string at(const toml::source_region& region) const {
    return fmt::format("{}:{}:{}", file_.string(), std::max<std::uint32_t>(1, region.begin.line),
                       std::max<std::uint32_t>(1, region.begin.column));
  }

  void mistake(const toml::source_region& region, std::string_view what) {
    mistakes_.emplace_back(std::pair(region.begin.line, region.begin.column),
                           fmt::format("{}: {}", at(region), what));
  }

  void only(const toml::table& table, std::string_view where, const std::vector<std::string>& known) {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        mistake(key.source(),
                fmt::format("unknown key \"{}\" in {}{}", name, where, did_you_mean(name, known)));
      }
    }
  }

  /// The string below `key`, or nothing when it is missing or wrong.
  const std::string* text(const toml::table& table, std::string_view key) {
    const auto* node = table.get(key);
    if (node == nullptr) {
      return nullptr;
    }
    if (!node->is_string()) {
      wrong_kind(*node, key, "a string");
      return nullptr;
    }
    const auto& value = node->ref<std::string>();
    if (value.empty()) {
      mistake(node->source(), fmt::format("{} must not be empty", key));
      return nullptr;
    }
    return &value;
  }

  void wrong_kind(const toml::node& node, std::string_view key, std::string_view wanted) {
    mistake(node.source(), fmt::format("{} must be {}, not {}", key, wanted, kind_of(node)));
  }

  [[nodiscard]] fs::path beside(std::string_view path) const { return file_.parent_path() / path; }

  [[nodiscard]] bool none() const { return mistakes_.empty(); }

  [[nodiscard]] Status end() {
    if (mistakes_.empty()) {
      return {};
    }
    std::sort(mistakes_.begin(), mistakes_.end());
    std::string text;
    for (const auto& [where, what] : mistakes_) {
      text += (text.empty() ? "" : "\n") + what;
    }
    return Error(Failure::usage, std::move(text));
  }

 private:
  using Where = std::pair<std::uint32_t, std::uint32_t>;
  fs::path file_;
  std::vector<std::pair<Where, std::string>> mistakes_;
};

void read_source(const toml::table& root, Reader& reader, VariantFile& variant) {
  const auto* node = root.get("source");
  if (node == nullptr) {
    return;
  }
  const auto* table = node->as_table();
  if (table == nullptr) {
    reader.wrong_kind(*node, "source", "a table");
    return;
  }
  reader.only(*table, "[source]", {"debian"});
  if (const auto* name = reader.text(*table, "debian")) {
    variant.debian_source = *name;
    if (name->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.+-") != std::string::npos) {
      reader.mistake(table->get("debian")->source(), fmt::format("{} is no name of a Debian package", *name));
    }
  }
}

/// What lies in the folder of a path that does not exist and has nearly its name.
std::string beside_it(const fs::path& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path.parent_path(), error)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return did_you_mean(path.filename().string(), names);
}

void read_fragments(const toml::table& root, Reader& reader, VariantFile& variant) {
  const auto* node = root.get("fragments");
  if (node == nullptr) {
    return;
  }
  const auto* array = node->as_array();
  if (array == nullptr) {
    reader.wrong_kind(*node, "fragments", "an array of strings");
    return;
  }
  for (const auto& entry : *array) {
    if (!entry.is_string()) {
      reader.wrong_kind(entry, "an entry of fragments", "a string");
      continue;
    }
    const auto path = reader.beside(entry.ref<std::string>());
    if (!fs::is_regular_file(path)) {
      reader.mistake(entry.source(),
                     fmt::format("there is no config fragment {}{}", path.string(), beside_it(path)));
      continue;
    }
    variant.fragments.push_back(path);
  }
}

void read_top(const toml::table& root, Reader& reader, VariantFile& variant) {
  reader.only(root, "a variant", {"summary", "extends", "arch", "series", "fragments", "source"});
  reader.text(root, "summary");
  if (const auto* base = reader.text(root, "extends")) {
    variant.extends = *base;
    variant.extends_at = reader.at(root.get("extends")->source());
    if (base->find('/') != std::string::npos) {
      reader.mistake(root.get("extends")->source(), "extends takes the name of a variant in the same folder");
    }
  }
  if (const auto* name = reader.text(root, "arch")) {
    auto arch = parse_arch(*name);
    if (arch) {
      variant.arch = *arch;
    } else {
      reader.mistake(root.get("arch")->source(), arch.error().text());
    }
  }
  if (const auto* folder = reader.text(root, "series")) {
    variant.series = reader.beside(*folder);
    variant.series_at = reader.at(root.get("series")->source());
  }
}

}  // namespace

Result<VariantFile> parse_variant(std::string_view text, const fs::path& file) {
  Reader reader(file);
  VariantFile variant;
  try {
    const toml::table root = toml::parse(text);
    read_top(root, reader, variant);
    read_source(root, reader, variant);
    read_fragments(root, reader, variant);
    for (const char* key : {"arch", "source"}) {
      if (!variant.extends.empty() && root.contains(key)) {
        reader.mistake(root.get(key)->source(),
                       fmt::format("{} comes from {}, which this variant extends", key, variant.extends));
      }
    }
    if (reader.none() && variant.extends.empty() && variant.debian_source.empty()) {
      reader.mistake({{1, 1}, {1, 1}, nullptr},
                     "a variant needs a source ([source] debian = \"linux-source-6.12\") or extends another");
    }
  } catch (const toml::parse_error& error) {
    reader.mistake(error.source(), error.description());
  }
  if (auto ended = reader.end(); !ended) {
    return ended.error();
  }
  return variant;
}

}  // namespace assay::kernel
