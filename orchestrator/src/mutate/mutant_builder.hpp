// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "kernel/workshop.hpp"
#include "mutate/score.hpp"
#include "run/inputs.hpp"
#include "run/run_kernels.hpp"
#include "run/session.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace assay::mutate {

/// A mutant's kernel that guests may boot.
struct BuiltMutant {
  kernel::Kernel kernel;
  probe::KernelProbes probes;  ///< the experiment's
};

/// Builds mutants, and puts those aside that nothing can tell apart.
class MutantBuilder {
 public:
  /// `inputs` and `boots` are of the unchanged variant, `score` is what is known of mutants; all outlive
  /// this. `slots`: builds at once.
  MutantBuilder(run::Session& session, const run::Inputs& inputs, const run::RunKernels& boots,
                const Score& score, unsigned slots)
      : session_(session), inputs_(inputs), boots_(boots), score_(score), slots_(slots) {}

  /// Nothing when it is not to be tried: `one` says why, or it waits, after the interrupt. Each slot builds
  /// one at a time. Errors: build, of the unchanged variant; infrastructure.
  Task<Result<std::optional<BuiltMutant>>> build(Judged& one, Arch arch, unsigned slot);

  /// Removes what a slot's mutants were built in.
  Task<> close(unsigned slot);

  /// Takes a mutant's kernel out of the cache.
  void forget(const std::string& kernel_id) const;

 private:
  [[nodiscard]] kernel::BuilderOptions options() const;
  /// Whether its image is that of the original or of another mutant, byte for byte; then its fate is settled.
  Status compare(Judged& one, const kernel::Kernel& kernel, Arch arch);
  Status know_images(Arch arch);

  Task<Result<kernel::Kernel>> kernel_of(kernel::Variant mutant, Arch arch, unsigned slot);

  run::Session& session_;
  const run::Inputs& inputs_;
  const run::RunKernels& boots_;
  const Score& score_;
  unsigned slots_;
  std::map<std::pair<unsigned, Arch>, std::unique_ptr<kernel::Workshop>> workshops_;
  std::map<std::string, std::string> images_;  ///< whose, by their hashes
};

}  // namespace assay::mutate
