// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/variant.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/series.hpp"
#include "kernel/variant_file.hpp"

#include <algorithm>
#include <utility>

namespace assay::kernel {
namespace {

/// Longer chains are taken for a loop.
constexpr int deepest_chain = 16;

std::vector<std::string> variants_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".toml" && entry.is_regular_file(error)) {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<Variant> load_file(const fs::path& file, int depth);

/// What `own` inherits from the file that it extends.
Result<Variant> load_base(const VariantFile& own, const fs::path& file, int depth) {
  if (depth >= deepest_chain) {
    return fail(Failure::usage, "{}: {} extends itself by way of others", own.extends_at, own.extends);
  }
  const auto base = file.parent_path() / (own.extends + ".toml");
  if (!fs::is_regular_file(base)) {
    return fail(Failure::usage, "{}: there is no variant \"{}\"{}", own.extends_at, own.extends,
                did_you_mean(own.extends, variants_in(file.parent_path())));
  }
  return load_file(base, depth + 1);
}

Result<Variant> load_file(const fs::path& file, int depth) {
  auto text = read_file(file);
  if (!text) {
    return Error(Failure::usage, text.error().text());
  }
  auto own = parse_variant(*text, file);
  if (!own) {
    return own.error();
  }
  Variant variant;
  if (!own->extends.empty()) {
    auto base = load_base(*own, file, depth);
    if (!base) {
      return base.error();
    }
    variant = std::move(*base);
  }
  variant.name = file.stem().string();
  variant.file = file;
  variant.base = own->extends;
  variant.arch = own->arch.value_or(variant.arch);
  if (!own->debian_source.empty()) {
    variant.debian_source = own->debian_source;
  }
  if (!own->series.empty()) {
    auto patches = read_series(own->series);
    if (!patches) {
      return fail(Failure::usage, "{}: {}", own->series_at, patches.error().text());
    }
    variant.patches.insert(variant.patches.end(), patches->begin(), patches->end());
  }
  variant.fragments.insert(variant.fragments.end(), own->fragments.begin(), own->fragments.end());
  return variant;
}

}  // namespace

Result<Variant> load_variant(const fs::path& images, std::string_view name) {
  const fs::path given(name);
  const auto folder = images / "kernels";
  const bool is_path = given.extension() == ".toml";
  const auto file = is_path ? given : folder / (std::string(name) + ".toml");
  if (fs::is_regular_file(file)) {
    return load_file(file, 0);
  }
  if (is_path) {
    return fail(Failure::usage, "cannot load kernel variant {}: there is no such file", name);
  }
  return fail(Failure::usage, "cannot load kernel variant \"{}\": {} has no such file{}", name,
              folder.string(), did_you_mean(name, variants_in(folder)));
}

std::vector<std::string> variant_names(const fs::path& images) { return variants_in(images / "kernels"); }

}  // namespace assay::kernel
