// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "assay_generated.h"
#include "base/unique_fd.hpp"
#include "frame.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace assay::agent {

/// What a finished program left behind.
struct Finished {
  int status = 0;  ///< as waitpid() gives it
  std::string out;
  std::string err;
};

/// Runs assay-agent with these arguments to its end.
[[nodiscard]] Finished run_agent(const std::vector<std::string>& arguments);

/// An `assay-agent --connect` and the host's end of its channel.
class AgentProcess {
 public:
  using Parameters = std::map<std::string, std::string>;
  struct Options {
    std::uint64_t sample_interval_ns = 0;
    std::vector<std::string> sources{"vmstat"};
    std::uint64_t timeout_ns = 0;
  };

  AgentProcess();
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;
  AgentProcess(AgentProcess&&) = delete;
  AgentProcess& operator=(AgentProcess&&) = delete;
  ~AgentProcess();

  void start(std::uint64_t order, const std::string& workload, const Parameters& parameters,
             const Options& options);
  void start(std::uint64_t order, const std::string& workload, const Parameters& parameters = {}) {
    start(order, workload, parameters, Options{});
  }
  void stop(std::uint64_t order);
  void ping(std::uint64_t nonce);
  void power_off();
  void send_bytes(std::span<const std::byte> bytes);
  void send_message(flatbuffers::FlatBufferBuilder& builder, wire::Message type,
                    flatbuffers::Offset<void> message);

  /// The next message of this type; others are skipped. Null after ten seconds, or when the agent hung up.
  /// Valid until the next call.
  const wire::Frame* wait_for(wire::Message type);
  /// The next message of any type; likewise.
  const wire::Frame* wait_for_any();
  const wire::Result* result() {
    const auto* frame = wait_for(wire::Message::Result);
    return frame == nullptr ? nullptr : frame->message_as_Result();
  }
  /// Of the running worker, from the next heartbeat that names one.
  int worker_pid();

  /// Closes the channel and waits for the agent's end: its wait status.
  int hang_up();

  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }
  [[nodiscard]] std::uint64_t count(wire::Message type) const {
    const auto found = counts_.find(type);
    return found == counts_.end() ? 0 : found->second;
  }
  /// The ticks in all samples so far.
  [[nodiscard]] std::uint64_t ticks() const { return ticks_; }

 private:
  bool next(std::chrono::steady_clock::time_point end);

  UniqueFd channel_;
  int pid_ = 0;
  wire::Decoder decoder_;
  wire::FrameView frame_;
  std::uint32_t expected_ = 0;
  std::uint64_t gaps_ = 0;
  std::uint64_t ticks_ = 0;
  std::map<wire::Message, std::uint64_t> counts_;
};

}  // namespace assay::agent
