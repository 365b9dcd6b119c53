// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/variant.hpp"

#include "base/files.hpp"

#include <fmt/format.h>

namespace assay::kernel {

Variant root_of(const Variant& variant) {
  Variant root = variant;
  root.base.clear();
  root.is_root = true;
  root.name = variant.root;
  for (const auto& flavour : variant.flavours) {
    const auto name = flavour.stem().string();
    if (!name.ends_with(fmt::format("-{}", name_of(variant.arch)))) {
      root.name += "+" + name;
    }
  }
  root.patches.resize(variant.root_patches);
  root.fragments.resize(variant.root_fragments);
  return root;
}

std::vector<fs::path> all_fragments(const Variant& variant) {
  auto fragments = variant.fragments;
  fragments.insert(fragments.end(), variant.flavours.begin(), variant.flavours.end());
  return fragments;
}

}  // namespace assay::kernel
