// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/mutant_builder.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"
#include "mutate/mutant_kernel.hpp"
#include "mutate/recall.hpp"
#include "run/kernels.hpp"
#include "run/probes.hpp"
#include "trial/capacity.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace assay::mutate {
namespace {

constexpr const char* the_originals = "the original's";

/// The line of a compiler's output that says what is wrong.
std::string first_error(const std::string& text) {
  for (const auto line : split(text, '\n')) {
    if (line.find("error:") != std::string_view::npos) {
      return one_line(trimmed(line));
    }
  }
  return one_line(text.substr(0, text.find('\n')));
}

}  // namespace

kernel::BuilderOptions MutantBuilder::options() const {
  return run::builder_options(session_.places, std::max(1U, trial::host_capacity().guests / slots_));
}

Task<Result<kernel::Kernel>> MutantBuilder::kernel_of(kernel::Variant mutant, Arch arch, unsigned slot) {
  using namespace asio::experimental::awaitable_operators;
  const auto interrupted = fail(Failure::interrupted, "building was interrupted");
  const std::pair place(slot, arch);
  if (!workshops_.contains(place)) {
    const auto key = trial::kernel_key(inputs_.experiment.variants.front().name, arch);
    auto variant = inputs_.variants.at(key);
    auto opening =
        kernel::Workshop::open(std::move(variant), options(), fmt::format("mutants-{}-{}", ::getpid(), slot),
                               [this](const auto& step) { session_.progress.on_build(step); });
    auto first = co_await (std::move(opening) || session_.interrupt.wait());
    if (first.index() == 1) {
      co_return interrupted;
    }
    auto& opened = std::get<0>(first);
    if (!opened) {
      co_return opened.error();
    }
    workshops_.emplace(place, std::move(*opened));
  }
  auto first = co_await (workshops_.at(place)->build(std::move(mutant)) || session_.interrupt.wait());
  if (first.index() == 1) {
    co_return interrupted;
  }
  co_return std::get<0>(std::move(first));
}

Task<> MutantBuilder::close(unsigned slot) {
  for (auto& [place, workshop] : workshops_) {
    if (place.first == slot) {
      co_await workshop->remove();
    }
  }
}

Task<Result<std::optional<BuiltMutant>>> MutantBuilder::build(Judged& one, Arch arch, unsigned slot) {
  using Built = std::optional<BuiltMutant>;
  const auto key = trial::kernel_key(inputs_.experiment.variants.front().name, arch);
  const auto variant = mutant_of(inputs_.variants.at(key), one.mutant, one.diff);
  auto copy = variant;
  auto built = co_await kernel_of(std::move(copy), arch, slot);
  if (!built) {
    if (built.error().kind() == Failure::build && workshops_.contains({slot, arch})) {
      one.fate = Fate::does_not_compile;
      one.why = first_error(built.error().text());
      co_return Built();
    }
    co_return built.error().kind() == Failure::interrupted ? Result<Built>(Built())
                                                           : Result<Built>(built.error());
  }
  const auto& kernel = *built;
  if (one.kernel_id.empty()) {
    one.kernel_id = kernel.id;
    if (auto compared = compare(one, kernel, arch); !compared) {
      co_return compared.error();
    }
    if (one.fate != Fate::waiting) {
      forget(kernel.id);
      co_return Built();
    }
  }
  auto probes = co_await run::probes_of(session_.places, inputs_.experiment,
                                        inputs_.experiment.variants.front().name, variant, kernel);
  if (!probes && probes.error().kind() == Failure::usage) {
    one.fate = Fate::killed;
    one.killer = Killer::undecided;
    one.why = one_line(probes.error().text());
    forget(kernel.id);
    co_return Built();
  }
  if (!probes) {
    co_return probes.error();
  }
  BuiltMutant mutant{kernel, std::move(*probes)};
  co_return Built(std::move(mutant));
}

/// Those of the original and of the mutants that were tried before.
Status MutantBuilder::know_images(Arch arch) {
  const auto key = trial::kernel_key(inputs_.experiment.variants.front().name, arch);
  const auto original = sha256_of_file(boots_.kernels.at(key).image);
  if (!original) {
    return original.error();
  }
  images_.emplace(*original, the_originals);
  for (const auto& one : score_.mutants) {
    if (was_tried(one) && !one.image.empty()) {
      images_.emplace(one.image, image_of(one));
    }
  }
  return {};
}

Status MutantBuilder::compare(Judged& one, const kernel::Kernel& kernel, Arch arch) {
  if (images_.empty()) {
    if (auto known = know_images(arch); !known) {
      return known;
    }
  }
  const auto digest = sha256_of_file(kernel.image);
  if (!digest) {
    return digest.error();
  }
  const auto [known, added] = images_.emplace(*digest, image_of(one));
  one.image = known->second == the_originals ? "" : *digest;
  if (!added) {
    put_aside(one, known->second);
  } else if (const auto* twin = tried_with(score_.others.mutants, *digest)) {
    share_fate(one, *twin);
  }
  return {};
}

void MutantBuilder::forget(const std::string& kernel_id) const { forget_kernel(options(), kernel_id); }

}  // namespace assay::mutate
