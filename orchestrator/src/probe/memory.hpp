// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "probe/layout.hpp"
#include "probe/placed.hpp"
#include "probe/report.hpp"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::probe {

/// The orchestrator's end of the memory that it shares with the plugin of one guest.
class Memory {
 public:
  /// Writes the file for a guest with `vcpus`. `probes` outlives the object. Error: infrastructure.
  [[nodiscard]] static Result<Memory> create(const std::filesystem::path& file, const KernelProbes& probes,
                                             unsigned vcpus);
  Memory(Memory&& other) noexcept;
  Memory& operator=(Memory&& other) noexcept;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory();

  /// Whether QEMU's plugin has taken the file.
  [[nodiscard]] bool loaded() const;

  /// From now on the probes of `workload` act: once the guest says that it measures, where its kernel can say
  /// so and `until_guest_says` is true, else at once. All figures begin at 0.
  void begin(std::string_view workload, std::uint64_t seed, bool until_guest_says);
  void end();

  using Figure = std::pair<std::string, std::int64_t>;
  /// The figures of the probes of the current workload, in a fixed order.
  [[nodiscard]] std::vector<Figure> figures() const;
  /// Their names and units, in the same order.
  [[nodiscard]] std::vector<FigureName> figure_names() const;
  /// The probes that act in the current workload.
  [[nodiscard]] std::vector<ProbeReport> reports() const;

 private:
  Memory(const KernelProbes& probes, std::span<std::byte> bytes);
  [[nodiscard]] std::vector<bool> ran(std::size_t probe) const;
  void add_figures(std::size_t probe, std::vector<Figure>& figures) const;
  [[nodiscard]] ProbeReport report_of(std::size_t probe) const;
  [[nodiscard]] std::vector<OrderedHit> hits_of(std::size_t probe) const;

  const KernelProbes* probes_;
  std::span<std::byte> bytes_;
  Header* header_;
  std::span<Probe> slots_;
  std::span<Site> sites_;
  std::span<Tally> tallies_;
  std::span<Entry> entries_;
  std::vector<std::uint64_t> passes_before_;  ///< of each site, when the trial began
  std::string workload_;
};

}  // namespace assay::probe
