// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/line_watch.hpp"

#include "run/probes.hpp"
#include "trial/run_context.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace assay::mutate {

Task<Result<probe::KernelProbes>> watching_lines(const run::Places& places, const run::Inputs& inputs,
                                                 const run::RunKernels& boots, const Score& score,
                                                 Arch arch) {
  const auto key = trial::kernel_key(score.variant, arch);
  const auto& kernel = boots.kernels.at(key);
  auto variant = inputs.variants.at(key);
  variant.first_own_patch = variant.patches.size();
  auto probes = co_await run::probes_of(places, inputs.experiment, score.variant, variant, kernel);
  if (!probes) {
    co_return probes;
  }
  probe::ProbeSpec cover;
  cover.name = "patch";
  cover.kind = probe::Kind::cover;
  cover.places = {"patch"};
  cover.automatic = true;
  probe::Patch lines;
  for (const auto& line : score.lines) {
    lines.lines.push_back({line.file, line.line, line.text, false});
  }
  std::vector<probe::ProbeSpec> specs = {cover};
  auto placed = co_await probe::place_probes(kernel.vmlinux, arch, std::move(specs), std::move(lines));
  if (placed) {
    std::ranges::move(probes->probes, std::back_inserter(placed->probes));
  }
  co_return placed;
}

void count_lines(std::vector<ScopeLine>& lines, const verdict::Trials& trials) {
  for (auto& line : lines) {
    line.ran.reset();
    line.watched = 0;
  }
  for (const auto& record : trials) {
    for (const auto& report : record.probes) {
      for (const auto& covered : report.lines) {
        const auto line = std::ranges::find_if(lines, [&](const auto& one) {
          return one.file == covered.line.file && one.line == covered.line.line;
        });
        if (line == lines.end()) {
          continue;
        }
        ++line->watched;
        if (covered.state == probe::LineState::ran || covered.state == probe::LineState::not_run) {
          line->ran = line->ran.value_or(0) + (covered.state == probe::LineState::ran ? 1 : 0);
        }
      }
    }
  }
}

}  // namespace assay::mutate
