// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/garbage.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/toml_file.hpp"
#include "experiment/kept_file.hpp"
#include "kernel/kernel.hpp"
#include "kernel/variant_load.hpp"
#include "store/open_store.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace assay::run {
namespace {

/// How many runs a full disk leaves in peace.
constexpr unsigned usual_runs = 10;

/// A kernel that something names.
struct NamedKernel {
  std::string name;
  Arch arch;
  auto operator<=>(const NamedKernel&) const = default;
};

/// The kernels that an experiment file names, read without the agent's catalogue.
Result<std::set<NamedKernel>> kernels_in(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) {
    return text.error();
  }
  const auto root = parse_toml(*text, shown(file), "an experiment");
  if (!root) {
    return root.error();
  }
  std::set<Arch> arches;
  for (const auto& machine : experiment::machines_in(*text)) {
    arches.insert(machine.arch);
  }
  std::set<NamedKernel> kernels;
  const auto* variants = root->get_as<toml::table>("variants");
  if (variants == nullptr) {
    return kernels;
  }
  for (const auto& [key, node] : *variants) {
    const auto* table = node.as_table();
    const auto name = table == nullptr ? std::string() : (*table)["kernel"].value_or(std::string());
    for (const auto arch : arches) {
      if (!name.empty()) {
        kernels.insert({name, arch});
      }
    }
  }
  return kernels;
}

Result<std::set<NamedKernel>> kernels_of_experiments(const Places& places) {
  std::set<NamedKernel> all;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(places.experiments, error)) {
    const auto file = entry.path() / "experiment.toml";
    if (!fs::exists(file, error)) {
      continue;
    }
    auto kernels = kernels_in(file);
    if (!kernels) {
      return kernels.error();
    }
    all.merge(*kernels);
  }
  return all;
}

/// Adds the kernels of the last runs.
Status add_runs(const Places& places, unsigned count, kernel::Needed& needed) {
  std::error_code error;
  if (!fs::exists(places.database(), error)) {
    return {};
  }
  auto results = store::read_store(places.database(), store::Process::only_reads);
  if (!results) {
    return results.error();
  }
  const auto runs = (*results)->runs();
  if (!runs) {
    return runs.error();
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(count, runs->size()); ++i) {
    for (const auto& kernel : (*runs)[i].kernels) {
      needed.kernels.insert(kernel.id);
    }
  }
  return {};
}

}  // namespace

Task<Result<kernel::Needed>> needed_kernels(Places places, unsigned runs, std::vector<std::string>& notes) {
  kernel::Needed needed;
  if (auto added = add_runs(places, runs, needed); !added) {
    co_return added.error();
  }
  auto kernels = kernels_of_experiments(places);
  if (!kernels) {
    co_return kernels.error();
  }
  kernel::BuilderOptions options;
  options.cache = places.kernels();
  for (const auto& [name, arch] : *kernels) {
    auto variant = kernel::load_variant(places.images, name, arch);
    if (!variant) {
      notes.push_back(variant.error().text());
      continue;
    }
    const auto added = co_await kernel::add_needs(std::move(*variant), options, needed);
    if (!added) {
      notes.push_back(added.error().text());
    }
  }
  co_return needed;
}

Task<std::string> gc_hint(Places places) {
  std::vector<std::string> notes;
  const auto needed = co_await needed_kernels(places, usual_runs, notes);
  if (!needed) {
    co_return "assay kernel gc shows what could be freed";
  }
  const kernel::CacheLayout layout(places.kernels());
  co_return fmt::format("assay kernel gc would free {}",
                        human(kernel::freed_by(kernel::find_garbage(layout, *needed))));
}

}  // namespace assay::run
