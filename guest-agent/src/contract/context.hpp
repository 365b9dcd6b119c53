// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "assay_generated.h"
#include "base/random.hpp"
#include "contract/parameters.hpp"
#include "contract/workload.hpp"
#include "metrics/measurement.hpp"

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace assay::agent {

/// This kernel or machine cannot run the workload; the text says why.
class WorkloadSkip : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A system call that a workload depends on failed: "cannot <action>: <errno text>".
[[noreturn]] void throw_errno(const std::string& action);

/// Where a workload's reports go. Calls may come from any thread.
class Reporter {
 public:
  Reporter() = default;
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;
  Reporter(Reporter&&) = delete;
  Reporter& operator=(Reporter&&) = delete;
  virtual ~Reporter() = default;

  /// Sends one finished message of assay.fbs, `repeats` times more than once; waits when the host reads
  /// slowly.
  virtual void send(std::span<const std::byte> payload, std::uint32_t repeats) = 0;
  void send(std::span<const std::byte> payload) { send(payload, 0); }
};

struct CounterReport {
  std::string name;
  std::int64_t value = 0;
};

struct CheckReport {
  std::string name;
  bool ok = false;
  std::string detail;
};

/// What a workload sees of the world: its parameters and seed, and where to put what it found.
class Context {
 public:
  Context(const Workload& workload, Values values, std::uint64_t order, std::uint64_t seed,
          Reporter& reporter);

  /// A declared parameter: a number in its base unit, or the index of a choice.
  [[nodiscard]] std::int64_t number(std::string_view parameter) const { return values_.number(parameter); }
  [[nodiscard]] bool flag(std::string_view parameter) const { return values_.number(parameter) != 0; }
  [[nodiscard]] std::string_view choice(std::string_view parameter) const;

  [[nodiscard]] std::uint64_t order() const { return order_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  /// The generator of thread `stream`.
  [[nodiscard]] Random random(std::uint64_t stream = 0) const { return Random(seed_, stream); }

  /// Everything between these two is in the vmstat.* and meminfo.* counters of the result. Once each.
  void begin_measurement() { measurement_.begin(); }
  void begin_measurement_unmarked() { measurement_.begin_unmarked(); }
  void end_measurement() { measurement_.end(); }
  [[nodiscard]] const Measurement& measurement() const { return measurement_; }

  /// Only declared names; one value each.
  void counter(std::string_view name, std::int64_t value);
  /// Only declared names. The first failure of a name and its detail are kept; a failed check fails the
  /// trial.
  void check(std::string_view name, bool ok, std::string_view detail = {});

  /// Sent at once.
  void event(std::string_view name, std::string_view detail = {}, std::int64_t value = 0);
  void log(wire::LogLevel level, std::string_view text);
  [[nodiscard]] Reporter& reporter() { return reporter_; }

  [[nodiscard]] const std::vector<CounterReport>& counters() const { return counters_; }
  [[nodiscard]] const std::vector<CheckReport>& checks() const { return checks_; }

 private:
  const Workload& workload_;
  Values values_;
  std::uint64_t order_;
  std::uint64_t seed_;
  Reporter& reporter_;
  Measurement measurement_;
  std::vector<CounterReport> counters_;
  std::vector<CheckReport> checks_;
};

}  // namespace assay::agent
