// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "guest/live_guest.hpp"
#include "program/file_target.hpp"
#include "program/files.hpp"
#include "program/streams.hpp"

#include "frame.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace assay::program {

class FileSource;

/// The guest did not outlive its program.
struct Died {
  std::string why;         ///< "the guest powered off", "Kernel panic - not syncing: ..."
  std::string last_lines;  ///< of its console
};

using OnReport = std::function<void(const finding::Report& report)>;

/// Talks to the agent of one guest about files and a program. Each call ends with an error when the guest
/// died (then died() says how), when the user asked to stop (interrupted) or when we failed (infrastructure).
class Conversation {
 public:
  /// `on_report` hears at once what findings() will have.
  explicit Conversation(guest::LiveGuest& guest, OnReport on_report = {})
      : guest_(guest), session_(guest.session()), on_report_(std::move(on_report)) {}

  /// Copies files in; the guest's SHA-256 of their content must be ours.
  Task<Status> store(std::vector<FileIn> files);
  /// Copies a file or folder out, checked likewise; a file whole or not at all.
  Task<Result<CopyNotes>> fetch(FileOut file, Bytes most);
  /// Runs a program; what it writes goes to `streams` as it comes.
  Task<Result<link::Ended>> run(link::RunProgram order, Streams& streams);
  /// Until the streams are left.
  Task<Status> stay(const Streams& streams);

  [[nodiscard]] const std::optional<Died>& died() const { return died_; }
  /// What the kernel complained about, whether it died of it or not.
  [[nodiscard]] const std::vector<finding::Report>& findings() const { return findings_; }

 private:
  /// How much more input the agent has room for.
  struct Window {
    std::size_t free = wire::input_window;
    bool ended = false;  ///< the last piece was sent
    void give_back(std::uint64_t inputs) {
      free = static_cast<std::size_t>(std::min<std::uint64_t>(wire::input_window, free + inputs));
    }
  };

  Task<Result<std::optional<link::Message>>> step();
  Status note(guest::Trouble trouble);
  Task<Error> give_up(Error why);
  Task<Status> send_files(FileSource& source, Window& window);
  Task<Status> send_input(Streams& streams, Window& window);
  Task<Status> pass_on(const link::Output& output, Streams& streams);
  Task<> last_words(Streams& streams);
  static Result<link::Ended> without_end(const link::WorkerResult& result);

  guest::LiveGuest& guest_;
  link::AgentSession& session_;
  OnReport on_report_;
  std::uint64_t order_ = 0;
  std::array<bool, 2> unread_{};  ///< by link::Stream: the agent was told that nobody reads it
  std::optional<Died> died_;
  std::vector<finding::Report> findings_;
};

}  // namespace assay::program
