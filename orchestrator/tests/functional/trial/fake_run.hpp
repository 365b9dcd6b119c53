// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/plan.hpp"
#include "fake_guest.hpp"
#include "trial/scheduler.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace assay::trial::fake {

/// Creates fake guests, and can fail to. What it saw is public.
class FakeHypervisor final : public machine::Hypervisor {
 public:
  /// Gives the script of the guest that is created as number `n` (from 0).
  using Cast = std::function<Script(const machine::BootSpec& boot, unsigned n)>;

  explicit FakeHypervisor(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Task<Result<std::unique_ptr<machine::Guest>>> create(machine::MachineSpec machine,
                                                       machine::BootSpec boot) override;
  Task<Result<std::string>> command_line(std::string xml) override;
  Task<AccelChoice> choose_accel(Arch arch) override;
  [[nodiscard]] const std::filesystem::path& socket_folder() const override { return folder_; }
  Task<Status> close() override;

  Cast cast;
  bool real_agent = false;
  unsigned failing_creates = 0;       ///< so many create() calls fail first
  unsigned created = 0;               ///< guests
  unsigned alive = 0;                 ///< guests now
  unsigned most_alive = 0;            ///< guests at once, ever
  std::vector<std::string> variants;  ///< of each guest, by its kernel's file name

 private:
  std::filesystem::path folder_;
};

/// Keeps what it is given.
class FakeSink final : public TrialSink {
 public:
  Status begin_trial(const TrialKey& key, std::uint64_t seed) override;
  Status add_metrics(const TrialKey& key, const std::vector<MetricInfo>& metrics) override;
  Status add_samples(const TrialKey& key, const SampleBatch& batch) override;
  Status add_event(const TrialKey& key, const TrialEvent& event) override;
  Status end_trial(const TrialRecord& record) override;

  unsigned begun = 0;
  std::size_t metrics = 0;
  std::size_t values = 0;
  std::vector<TrialEvent> events;
  std::vector<TrialRecord> records;
  std::function<Status(const TrialRecord&)> on_end = [](const auto&) { return Status(); };
};

class FakeObserver final : public Observer {
 public:
  void on_phase(unsigned slot, const GuestJob& job, Phase phase, std::string_view workload) override;
  void on_slot_free(unsigned slot) override;
  void on_trial(const TrialRecord& record) override;
  void on_note(std::string_view text) override;

  unsigned slots_freed = 0;
  std::vector<std::string> trials;  ///< outcome names
  std::vector<std::string> notes;
};

/// A whole run on fake guests: two variants ("a", "b"), one machine, workloads "one" and "two" in a shared
/// guest, one repeat. Tests change what they need.
class FakeRun : public testing::Test {
 protected:
  FakeRun();
  ~FakeRun() override;
  FakeRun(const FakeRun&) = delete;
  FakeRun& operator=(const FakeRun&) = delete;

  /// All guests play this.
  void every_guest(Script script);
  /// Guest 0 plays `first`, guest 1 the second, and so on; the last one plays for the rest.
  void guests(std::vector<Script> scripts);
  void only_variant_a() { experiment_.variants.pop_back(); }

  RunEnd run(Capacity capacity = {1, gib(4)});

  /// "a/one pass", in the order in which they ended.
  [[nodiscard]] std::vector<std::string> outcomes() const;
  /// The only record of this trial, a test failure when there is none or more.
  [[nodiscard]] TrialRecord record(const std::string& variant, const std::string& workload) const;

  asio::io_context io_;
  std::string folder_ = testing::TempDir() + "assay-trial-XXXXXX";
  experiment::Experiment experiment_;
  std::unique_ptr<FakeHypervisor> hypervisor_;
  FakeSink sink_;
  FakeObserver observer_;
  Interrupt interrupt_;
  guest::Patience patience_;
  Probing probing_;
  Duration limit_ = std::chrono::seconds(60);
};

}  // namespace assay::trial::fake
