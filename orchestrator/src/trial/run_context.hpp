// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/interrupt.hpp"
#include "guest/patience.hpp"
#include "guest/spec.hpp"
#include "image/agent_image.hpp"
#include "kernel/builder.hpp"
#include "link/messages.hpp"
#include "machine/hypervisor.hpp"
#include "probe/placed.hpp"
#include "trial/order.hpp"
#include "trial/outcome.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace assay::trial {

/// Told what happens, for the live display. Calls come on the io_context's thread.
class Observer {
 public:
  enum class Phase : std::uint8_t { creating, booting, running, ending };

  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  Observer(Observer&&) = delete;
  Observer& operator=(Observer&&) = delete;
  virtual ~Observer() = default;

  virtual void on_phase(unsigned slot, const GuestJob& job, Phase phase, std::string_view workload) = 0;
  virtual void on_slot_free(unsigned slot) = 0;
  virtual void on_trial(const TrialRecord& record) = 0;
  /// Something worth a line: a retry, a guest that was slow.
  virtual void on_note(std::string_view text) = 0;
};

/// The kernel of a variant for an architecture, as RunContext::kernels and the results call it: "before",
/// "before/sparc64".
[[nodiscard]] std::string kernel_key(const std::string& variant, Arch arch);

/// What watches the guests' kernels.
struct Probing {
  std::filesystem::path plugin;  ///< of QEMU
  std::map<std::string, probe::KernelProbes>
      kernels;  ///< by kernel_key(); those with nothing to watch are left out
};

/// What a guest of a run boots. `probes`: nullptr or none where nothing of its kernel is watched.
[[nodiscard]] guest::Boots boots_of(const kernel::Kernel& kernel, const image::AgentImage& agent,
                                    const probe::KernelProbes* probes, const std::filesystem::path& plugin);

/// What all guests of a run share.
struct RunContext {
  machine::Hypervisor& hypervisor;
  std::map<std::string, machine::MachineSpec> machines;  ///< by name
  std::map<std::string, kernel::Kernel> kernels;         ///< by kernel_key()
  std::map<std::string, image::AgentImage> agents;       ///< by kernel_key()
  std::filesystem::path run_folder;
  std::filesystem::path socket_folder;  ///< short: socket paths end at 107 bytes
  TrialSink& sink;
  Observer& observer;
  Interrupt& interrupt;
  guest::Patience patience = {};
  Probing probing = {};
  /// Asked after each trial: whether nobody wants the others of its guest any more. They are left then,
  /// without a reason.
  std::function<bool(const TrialRecord&)> enough = nullptr;

  [[nodiscard]] const machine::MachineSpec& machine_of(const GuestJob& job) const;
  [[nodiscard]] const kernel::Kernel& kernel_of(const GuestJob& job) const;
  [[nodiscard]] const image::AgentImage& agent_of(const GuestJob& job) const;
  /// What the guest's kernel is watched by, or nullptr.
  [[nodiscard]] const probe::KernelProbes* probes_of(const GuestJob& job) const;
  [[nodiscard]] guest::Boots boots_of(const GuestJob& job) const;
};

}  // namespace assay::trial
