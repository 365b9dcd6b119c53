// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_run.hpp"

#include "running.hpp"

#include <algorithm>
#include <cstdlib>

namespace assay::trial::fake {

Task<Result<std::unique_ptr<machine::Guest>>> FakeHypervisor::create(machine::MachineSpec /*machine*/,
                                                                     machine::BootSpec boot) {
  if (failing_creates > 0) {
    --failing_creates;
    co_return fail(Failure::infrastructure, "cannot create the guest: QEMU does not start");
  }
  const auto number = created++;
  variants.push_back(boot.kernel.filename().string());
  most_alive = std::max(most_alive, ++alive);
  const std::function<void()> gone = [this] { --alive; };
  if (real_agent) {
    co_return create_agent_guest(std::move(boot), gone);
  }
  auto script = cast(boot, number);
  co_return create_guest(co_await asio::this_coro::executor, std::move(boot), number, std::move(script),
                         gone);
}

Task<Result<std::string>> FakeHypervisor::command_line(std::string /*xml*/) { co_return "fake"; }

Task<machine::Hypervisor::AccelChoice> FakeHypervisor::choose_accel(Arch /*arch*/) {
  co_return AccelChoice{machine::Accel::tcg, "fake"};
}

Task<Status> FakeHypervisor::close() { co_return Status(); }

Status FakeSink::begin_trial(const TrialKey& /*key*/, std::uint64_t /*seed*/) {
  ++begun;
  return {};
}
Status FakeSink::add_metrics(const TrialKey& /*key*/, const std::vector<MetricInfo>& list) {
  metrics += list.size();
  return {};
}
Status FakeSink::add_samples(const TrialKey& /*key*/, const SampleBatch& batch) {
  values += batch.values.size();
  return {};
}
Status FakeSink::add_event(const TrialKey& /*key*/, const TrialEvent& event) {
  events.push_back(event);
  return {};
}
Status FakeSink::end_trial(const TrialRecord& record) {
  auto status = on_end(record);
  if (status) {
    records.push_back(record);
  }
  return status;
}

void FakeObserver::on_phase(unsigned /*slot*/, const GuestJob& /*job*/, Phase /*phase*/,
                            std::string_view /*workload*/) {}
void FakeObserver::on_slot_free(unsigned /*slot*/) { ++slots_freed; }
void FakeObserver::on_trial(const TrialRecord& record) { trials.emplace_back(name_of(record.outcome)); }
void FakeObserver::on_note(std::string_view text) { notes.emplace_back(text); }

FakeRun::FakeRun() {
  EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
  hypervisor_ = std::make_unique<FakeHypervisor>(folder_);
  experiment_.variants = {{"a", "kernel-a"}, {"b", "kernel-b"}};
  experiment_.machines.resize(1);
  experiment_.machines.front().name = "small";
  experiment_.workloads = {{"one", "idle", {{"duration", "20ms"}}, {}, {}},
                           {"two", "idle", {{"duration", "20ms"}}, {}, {}}};
  experiment_.trials = 1;
  experiment_.guests = experiment::GuestUse::shared;
  experiment_.timeout = std::chrono::seconds(20);
  patience_.after_nmi = std::chrono::milliseconds(200);
  every_guest([](Inside& guest) -> Task<> {
    co_await guest.hello();
    co_await guest.serve();
  });
}

FakeRun::~FakeRun() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void FakeRun::every_guest(Script script) {
  hypervisor_->cast = [script = std::move(script)](const auto&, unsigned) { return script; };
}

void FakeRun::guests(std::vector<Script> scripts) {
  hypervisor_->cast = [scripts = std::move(scripts)](const auto&, unsigned n) {
    return scripts[std::min<std::size_t>(n, scripts.size() - 1)];
  };
}

RunEnd FakeRun::run(Capacity capacity) {
  const std::filesystem::path folder = folder_;
  std::map<std::string, kernel::Kernel> kernels;
  std::map<std::string, image::AgentImage> agents;
  for (const auto& variant : experiment_.variants) {
    auto& kernel = kernels[variant.name];
    kernel.id = "id-" + variant.name;
    kernel.release = "6.12.117";
    kernel.image = variant.name;
    agents[variant.name] = {folder / "initramfs", "digest"};
  }
  RunContext context{*hypervisor_, experiment::machines_of(experiment_),
                     kernels,      agents,
                     folder,       folder,
                     sink_,        observer_,
                     interrupt_,   patience_,
                     probing_};
  auto end = run_on(io_, run_all(context, experiment::plan(experiment_, {}), capacity), limit_);
  EXPECT_EQ(hypervisor_->alive, 0U) << "every guest is destroyed";
  return end;
}

std::vector<std::string> FakeRun::outcomes() const {
  std::vector<std::string> list;
  for (const auto& record : sink_.records) {
    list.push_back(record.key.variant + "/" + record.key.workload + " " +
                   std::string(name_of(record.outcome)));
  }
  return list;
}

TrialRecord FakeRun::record(const std::string& variant, const std::string& workload) const {
  std::vector<TrialRecord> found;
  std::copy_if(sink_.records.begin(), sink_.records.end(), std::back_inserter(found),
               [&](const auto& one) { return one.key.variant == variant && one.key.workload == workload; });
  EXPECT_EQ(found.size(), 1U) << variant << "/" << workload;
  return found.empty() ? TrialRecord{} : found.front();
}

}  // namespace assay::trial::fake
