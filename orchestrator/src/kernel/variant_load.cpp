// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/variant_load.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/prebuilt.hpp"
#include "kernel/variant_file.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace assay::kernel {
namespace {

/// Longer chains are taken for a loop.
constexpr int deepest_chain = 16;

std::vector<std::string> names_in(const fs::path& folder, std::string_view extension) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == extension && entry.is_regular_file(error)) {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Status add_part(Variant& variant, const VariantPart& part) {
  std::vector<series::SeriesPatch> added;
  auto wish = part.wish;
  wish.reverse = false;
  for (const auto& place : part.series) {
    auto series = series::read_series(place.name, wish);
    if (!series) {
      return fail(Failure::usage, "{}: {}", place.at, series.error().text());
    }
    std::move(series->patches.begin(), series->patches.end(), std::back_inserter(added));
    std::move(series->notes.begin(), series->notes.end(), std::back_inserter(variant.notes));
  }
  if (part.wish.reverse) {
    added = series::reversed(std::move(added));
  }
  std::move(added.begin(), added.end(), std::back_inserter(variant.patches));
  if (!part.config.empty()) {
    variant.config = part.config;
  }
  variant.fragments.insert(variant.fragments.end(), part.fragments.begin(), part.fragments.end());
  return {};
}

/// A variant that stands alone is for the architectures that it names; one that extends it, for the same or
/// for a single one of them.
Status check_arch(const VariantFile& own, const fs::path& file, Arch arch) {
  if (own.only && *own.only != arch) {
    return fail(Failure::usage, "{}: this kernel is for {} only", file.string(), name_of(*own.only));
  }
  if (!own.extends.name.empty() || own.arches.contains(arch) ||
      (own.arches.empty() && arch == Arch::x86_64)) {
    return {};
  }
  std::string known = own.arches.empty() ? "x86_64" : "";
  for (const auto& [other, part] : own.arches) {
    known += fmt::format("{}{}", known.empty() ? "" : " and ", name_of(other));
  }
  return fail(Failure::usage, "{}: this kernel is for {}, not for {}: add [arch.{}]", file.string(), known,
              name_of(arch), name_of(arch));
}

/// Follows `extends` for one architecture.
class Loader {
 public:
  Loader(const fs::path& images, Arch arch) : kernels_(images / "kernels"), arch_(arch) {}

  [[nodiscard]] Result<Variant> load(const fs::path& file, int depth) const {
    auto text = read_file(file);
    if (!text) {
      return Error(Failure::usage, text.error().text());
    }
    auto own = parse_variant(*text, file);
    if (!own) {
      return own.error();
    }
    if (auto fits = check_arch(*own, file, arch_); !fits) {
      return fits.error();
    }
    auto variant = own->extends.name.empty() ? Result<Variant>(Variant()) : load_base(*own, file, depth);
    if (!variant) {
      return variant;
    }
    variant->name = file.stem().string();
    variant->file = file;
    variant->base = own->extends.name;
    variant->arch = arch_;
    if (auto added = add_own(*variant, *own); !added) {
      return added.error();
    }
    return variant;
  }

  /// Adds configs/NAME.config beside the variant's file or below images/kernels, once, and NAME-ARCH.config
  /// there: what only that architecture has.
  [[nodiscard]] Status add_flavour(Variant& variant, const std::string& name) const {
    const auto same = [&](const fs::path& flavour) { return flavour.stem() == name; };
    if (std::any_of(variant.flavours.begin(), variant.flavours.end(), same)) {
      return {};
    }
    for (const auto& folder : {variant.file.parent_path() / "configs", kernels_ / "configs"}) {
      const auto path = folder / (name + ".config");
      if (name.find('/') == std::string::npos && fs::is_regular_file(path)) {
        variant.flavours.push_back(path);
        const auto further = folder / fmt::format("{}-{}.config", name, name_of(arch_));
        if (fs::is_regular_file(further)) {
          variant.flavours.push_back(further);
        }
        return {};
      }
    }
    return fail(Failure::usage, "there is no flavour \"{}\": {} has no such fragment{}", name,
                (kernels_ / "configs").string(),
                did_you_mean(name, names_in(kernels_ / "configs", ".config")));
  }

 private:
  /// What `own` inherits from the variant that it extends: one beside it, or else one of ours.
  [[nodiscard]] Result<Variant> load_base(const VariantFile& own, const fs::path& file, int depth) const {
    const auto& name = own.extends.name;
    if (depth >= deepest_chain) {
      return fail(Failure::usage, "{}: {} extends itself by way of others", own.extends.at, name);
    }
    auto result = Result<Variant>(Error());
    for (const auto& folder : {file.parent_path(), kernels_}) {
      if (const auto base = folder / (name + ".toml"); fs::is_regular_file(base)) {
        result = load(base, depth + 1);
        if (result && result->source.kind == SourceKind::prebuilt) {
          return fail(Failure::usage, "{}: {} is a prebuilt kernel, and nothing can be added to it",
                      own.extends.at, name);
        }
        return result;
      }
    }
    return fail(Failure::usage, "{}: there is no variant \"{}\"{}", own.extends.at, name,
                did_you_mean(name, names_in(file.parent_path(), ".toml")));
  }

  [[nodiscard]] Status add_own(Variant& variant, const VariantFile& own) const {
    if (!own.source.where.empty()) {
      variant.source = own.source;
    }
    std::vector<const VariantPart*> parts{&own.common};
    if (const auto part = own.arches.find(arch_); part != own.arches.end()) {
      parts.push_back(&part->second);
    }
    for (const auto* part : parts) {
      if (auto added = add_part(variant, *part); !added) {
        return added;
      }
    }
    variant.is_root = variant.base.empty() || own.own_objects;
    variant.first_own_patch = variant.base.empty() ? variant.patches.size() : variant.root_patches;
    if (variant.is_root) {
      variant.root = variant.name;
      variant.root_patches = variant.patches.size();
      variant.root_fragments = variant.fragments.size();
    }
    for (const auto* part : parts) {
      for (const auto& flavour : part->flavours) {
        if (auto added = add_flavour(variant, flavour.name); !added) {
          return fail(Failure::usage, "{}: {}", flavour.at, added.error().text());
        }
      }
    }
    return {};
  }

  fs::path kernels_;
  Arch arch_;
};

/// "dir/NAME+kasan+lockdep", taken apart.
struct VariantName {
  std::string name;
  std::vector<std::string> flavours;
};

VariantName parse_name(std::string_view text) {
  const auto slash = text.rfind('/');
  const auto plus = text.find('+', slash == std::string_view::npos ? 0 : slash);
  VariantName result{std::string(text.substr(0, plus)), {}};
  if (plus != std::string_view::npos) {
    for (const auto flavour : split(text.substr(plus + 1), '+')) {
      result.flavours.emplace_back(flavour);
    }
  }
  return result;
}

Result<fs::path> file_of(const fs::path& images, const std::string& name) {
  const fs::path given(name);
  const auto folder = images / "kernels";
  const bool is_path = given.extension() == ".toml";
  auto file = is_path ? given : folder / (name + ".toml");
  if (fs::is_regular_file(file)) {
    return file;
  }
  if (is_path) {
    return fail(Failure::usage, "cannot load kernel variant {}: there is no such file", name);
  }
  if (name.find('/') != std::string::npos) {
    return fail(Failure::usage, "cannot load kernel {}: there is no such image or .toml", name);
  }
  if (fs::is_regular_file(name)) {
    return fail(Failure::usage, "cannot load kernel variant \"{}\": for the file of that name write ./{}",
                name, name);
  }
  return fail(Failure::usage, "cannot load kernel variant \"{}\": {} has no such file{}", name,
              folder.string(), did_you_mean(name, names_in(folder, ".toml")));
}

}  // namespace

Result<Variant> load_variant(const fs::path& images, std::string_view name, Arch arch) {
  auto prebuilt = prebuilt_by_name(name, arch);
  if (!prebuilt) {
    return prebuilt.error();
  }
  if (*prebuilt) {
    return std::move(**prebuilt);
  }
  const auto parsed = parse_name(name);
  const auto file = file_of(images, parsed.name);
  if (!file) {
    return file.error();
  }
  const Loader loader(images, arch);
  auto variant = loader.load(*file, 0);
  if (!variant) {
    return variant;
  }
  if (!parsed.flavours.empty() && variant->source.kind == SourceKind::prebuilt) {
    return fail(Failure::usage, "cannot load kernel variant {}: a prebuilt kernel has no flavours", name);
  }
  for (const auto& flavour : parsed.flavours) {
    if (auto added = loader.add_flavour(*variant, flavour); !added) {
      return fail(Failure::usage, "cannot load kernel variant {}: {}", name, added.error().text());
    }
    variant->name += "+" + flavour;
  }
  return variant;
}

Result<std::vector<Arch>> arches_of(const fs::path& images, std::string_view name) {
  std::vector<Arch> arches;
  Result<Variant> last = Error();
  for (const auto arch : {Arch::sparc64, Arch::x86_64}) {
    last = load_variant(images, name, arch);
    if (last) {
      arches.insert(arches.begin(), arch);
    }
  }
  if (arches.empty()) {
    return last.error();
  }
  return arches;
}

std::vector<std::string> variant_names(const fs::path& images) {
  return names_in(images / "kernels", ".toml");
}

std::vector<std::string> flavour_names(const fs::path& images) {
  auto names = names_in(images / "kernels/configs", ".config");
  const auto all = names;
  std::erase_if(names, [&](const std::string& name) {
    return std::ranges::any_of(std::array{Arch::x86_64, Arch::sparc64}, [&](Arch arch) {
      const auto end = fmt::format("-{}", name_of(arch));
      return name.ends_with(end) &&
             std::ranges::find(all, name.substr(0, name.size() - end.size())) != all.end();
    });
  });
  return names;
}

}  // namespace assay::kernel
