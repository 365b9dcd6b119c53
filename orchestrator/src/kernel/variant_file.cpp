// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/variant_file.hpp"

#include "base/table_reader.hpp"
#include "base/text.hpp"
#include "base/toml_file.hpp"
#include "kernel/debian_image.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace assay::kernel {
namespace {

namespace fs = std::filesystem;

/// Reads the tables of one file.
class VariantReader {
 public:
  VariantReader(const fs::path& file, Mistakes& mistakes) : file_(file), mistakes_(mistakes) {}

  void read(const toml::table& root, VariantFile& variant) {
    TableReader reader(root, {}, "a variant", mistakes_);
    std::string summary;
    reader.read("summary", summary);
    read_extends(reader, variant);
    read_arches(reader, variant);
    read_part(reader, variant.common);
    read_source(reader, variant);
    reader.finish();
    check_whole(reader, variant);
  }

 private:
  [[nodiscard]] std::string at(Place place) const {
    return fmt::format("{}:{}:{}", file_.string(), place.line, place.column);
  }

  /// A path of the file as the program opens it.
  [[nodiscard]] fs::path beside(const std::string& path) const {
    const char* home = std::getenv("HOME");
    if (path.starts_with("~/") && home != nullptr) {
      return fs::path(home) / path.substr(2);
    }
    return file_.parent_path() / path;
  }

  /// A string that is not empty.
  static bool read_text(TableReader& reader, std::string_view key, std::string& out) {
    return reader.find(key) != nullptr && reader.require(key, out);
  }

  /// A string or an array of strings.
  std::vector<PlacedText> read_texts(TableReader& reader, std::string_view key) {
    const auto* node = reader.find(key);
    std::vector<PlacedText> texts;
    if (node != nullptr && node->is_string()) {
      texts.push_back({node->ref<std::string>(), place_of(node->source())});
    } else {
      reader.read(key, texts);
    }
    for (const auto& text : texts) {
      if (trimmed(text.text).empty()) {
        mistakes_.add(text.where, fmt::format("{} in {} is empty", key, reader.what()));
      }
    }
    return texts;
  }

  void read_extends(TableReader& reader, VariantFile& variant) {
    reader.read("own_objects", variant.own_objects);
    if (!read_text(reader, "extends", variant.extends.name)) {
      if (variant.own_objects) {
        reader.mistake("own_objects", "own_objects goes with extends: all others have their own");
      }
      return;
    }
    variant.extends.at = at(reader.place("extends"));
    if (variant.extends.name.find_first_of("/+") != std::string::npos) {
      reader.mistake("extends", "extends takes the name of a variant; flavours have a key of their own");
    }
  }

  void read_part(TableReader& reader, VariantPart& part) {
    for (const auto& place : read_texts(reader, "series")) {
      part.series.push_back({beside(place.text).string(), at(place.where)});
    }
    read_wish(reader, part);
    read_config(reader, part);
    std::vector<PlacedText> fragments;
    reader.read("fragments", fragments);
    for (const auto& fragment : fragments) {
      const auto path = beside(fragment.text);
      if (fs::is_regular_file(path)) {
        part.fragments.push_back(path);
      } else {
        mistakes_.add(fragment.where,
                      fmt::format("there is no config fragment {}{}", path.string(), beside_it(path)));
      }
    }
    for (const auto& flavour : read_texts(reader, "flavours")) {
      part.flavours.push_back({flavour.text, at(flavour.where)});
    }
  }

  void read_wish(TableReader& reader, VariantPart& part) {
    if (const auto* node = reader.find("reverse"); node != nullptr) {
      if (node->is_boolean()) {
        part.wish.reverse = node->ref<bool>();
      } else {
        reader.mistake("reverse", fmt::format("reverse must be true or false, not {}", kind_of(*node)));
      }
    }
    read_version(reader, part);
    for (const char* key : {"reverse", "series_version"}) {
      if (reader.has(key) && part.series.empty()) {
        reader.mistake(key, fmt::format("{} belongs to a series, and there is none", key));
      }
    }
  }

  /// 2 or "2.1".
  static void read_version(TableReader& reader, VariantPart& part) {
    const auto* node = reader.find("series_version");
    unsigned version = 0;
    constexpr int last_version = 999;
    if (node != nullptr && node->is_string()) {
      part.wish.version = series::parse_revision(node->ref<std::string>());
      if (!part.wish.version) {
        reader.mistake("series_version", "series_version is a number, or as \"2.1\" a text");
      }
    } else if (reader.read("series_version", version, 1, last_version)) {
      part.wish.version = series::Revision{version, 0};
    }
  }

  /// A .config, or the folder of a build that has one.
  void read_config(TableReader& reader, VariantPart& part) {
    std::string text;
    if (!read_text(reader, "config", text)) {
      return;
    }
    part.config = beside(text);
    if (fs::is_directory(part.config)) {
      part.config /= ".config";
    }
    if (!fs::is_regular_file(part.config)) {
      reader.mistake("config", fmt::format("there is no {}{}", part.config.string(), beside_it(part.config)));
    }
  }

  void read_arch(std::string_view name, const toml::table* table, Place place, VariantFile& variant) {
    const auto arch = parse_arch(name);
    if (!arch) {
      mistakes_.add(place, arch.error().text());
      return;
    }
    auto& part = variant.arches[*arch];
    if (table != nullptr) {
      TableReader reader(*table, place, fmt::format("[arch.{}]", name), mistakes_);
      read_part(reader, part);
      reader.finish();
    }
  }

  /// arch = "x86_64", or a table for each architecture.
  void read_arches(TableReader& reader, VariantFile& variant) {
    const auto* node = reader.find("arch");
    if (node == nullptr) {
      return;
    }
    if (const auto* tables = node->as_table()) {
      for (const auto& child : children_of(*tables)) {
        if (child.node->is_table()) {
          read_arch(child.name, child.node->as_table(), child.key, variant);
        } else {
          mistakes_.add(child.key,
                        fmt::format("arch.{} must be a table, not {}", child.name, kind_of(*child.node)));
        }
      }
      return;
    }
    std::string name;
    if (read_text(reader, "arch", name)) {
      read_arch(name, nullptr, reader.place("arch"), variant);
      if (!variant.extends.name.empty() && !variant.arches.empty()) {
        variant.only = variant.arches.begin()->first;
      }
    }
  }

  void read_source(TableReader& root, VariantFile& variant) {
    const toml::table* table = nullptr;
    if (!root.read("source", table)) {
      return;
    }
    if (!variant.extends.name.empty()) {
      root.mistake("source",
                   fmt::format("source comes from {}, which this variant extends", variant.extends.name));
    }
    TableReader reader(*table, place_of(table->source()), "[source]", mistakes_);
    auto& source = variant.source;
    read_kind(reader, source);
    if (source.kind == SourceKind::git) {
      if (!reader.require("revision", source.revision)) {
        source.revision = "HEAD";
      } else if (source.revision.starts_with('-')) {
        reader.mistake("revision", fmt::format("{} is no revision", source.revision));
      }
    }
    if (source.kind == SourceKind::prebuilt) {
      read_companions(reader, source);
    }
    reader.finish();
  }

  void read_kind(TableReader& reader, SourceSpec& source) {
    struct Kind {
      const char* key;
      SourceKind kind;
    };
    static constexpr std::array kinds = {Kind{"debian", SourceKind::debian},
                                         Kind{"directory", SourceKind::directory},
                                         Kind{"git", SourceKind::git}, Kind{"tarball", SourceKind::tarball},
                                         Kind{"prebuilt", SourceKind::prebuilt}};
    const char* first = nullptr;
    for (const auto& [key, kind] : kinds) {
      std::string where;
      if (!read_text(reader, key, where)) {
        reader.find(key);
        continue;
      }
      if (first != nullptr) {
        reader.mistake(key, fmt::format("[source] has a {} already; take one of the two away", first));
        continue;
      }
      first = key;
      source.kind = kind;
      const bool is_name = kind == SourceKind::debian || is_url(kind, where) ||
                           (kind == SourceKind::prebuilt && names_debian_image(where));
      source.where = is_name ? where : beside(where).string();
    }
    if (source.kind == SourceKind::debian &&
        source.where.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.+-") != std::string::npos) {
      reader.mistake("debian", fmt::format("{} is no name of a Debian package", source.where));
    }
  }

  /// "https://...", "git@host:path": what is no path.
  static bool is_url(SourceKind kind, std::string_view where) {
    const auto colon = where.find(':');
    return kind == SourceKind::git && colon != std::string_view::npos && where.find('/') > colon;
  }

  void read_companions(TableReader& reader, SourceSpec& source) {
    struct Companion {
      const char* key;
      fs::path* path;
    };
    for (const auto& [key, path] :
         {Companion{"modules", &source.modules}, Companion{"vmlinux", &source.vmlinux},
          Companion{"system_map", &source.system_map}, Companion{"config", &source.config}}) {
      std::string text;
      if (read_text(reader, key, text)) {
        *path = beside(text);
      } else {
        reader.find(key);
      }
    }
  }

  /// What no single key can tell.
  void check_whole(TableReader& reader, const VariantFile& variant) {
    const auto& source = variant.source;
    if (!mistakes_.none()) {
      return;
    }
    if (variant.extends.name.empty() && source.where.empty()) {
      mistakes_.add({},
                    "a variant needs a source ([source] debian = \"linux-source-6.12\") or extends another");
    }
    if (!variant.extends.name.empty() && reader.has("config")) {
      reader.mistake("config",
                     fmt::format("config comes from {}, which this variant extends", variant.extends.name));
    }
    if (source.kind != SourceKind::prebuilt || source.where.empty()) {
      return;
    }
    for (const char* key : {"series", "config", "fragments", "flavours"}) {
      if (reader.has(key)) {
        reader.mistake(key, fmt::format("{} has no effect on a prebuilt kernel", key));
      }
    }
  }

  const fs::path& file_;
  Mistakes& mistakes_;
};

}  // namespace

std::string beside_it(const fs::path& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path.parent_path(), error)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return did_you_mean(path.filename().string(), names);
}

Result<VariantFile> parse_variant(std::string_view text, const fs::path& file) {
  const auto root = parse_toml(text, file.string(), "a variant");
  if (!root) {
    return root.error();
  }
  Mistakes mistakes(file.string(), text);
  VariantFile variant;
  VariantReader(file, mistakes).read(*root, variant);
  if (!mistakes.none()) {
    return mistakes.error();
  }
  return variant;
}

}  // namespace assay::kernel
