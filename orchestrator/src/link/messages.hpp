// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What the agent says and what it is told, as plain values: already verified, bounded and copied out of
/// the wire format (guest-agent/protocol/assay.fbs has the meaning of each field). Times are ns of the
/// guest's CLOCK_MONOTONIC.
namespace assay::link {

struct Capability {
  std::string name;
  bool available = false;
  std::string detail;
};

struct Hello {
  std::uint32_t protocol = 0;
  std::string agent;
  std::string kernel_release;
  std::string kernel_version;
  std::string arch;
  std::uint32_t page_size = 0;  ///< bytes
  std::uint32_t cpus = 0;
  std::uint64_t memory = 0;  ///< bytes
  std::uint64_t time_ns = 0;
  std::vector<Capability> capabilities;
};

struct Heartbeat {
  std::uint64_t time_ns = 0;
  std::uint64_t dropped_frames = 0;
  std::uint64_t dropped_samples = 0;
  std::int32_t worker = 0;
};

struct Log {
  std::uint64_t time_ns = 0;
  std::string level;
  std::string text;
};

struct MetricInfo {
  std::uint32_t id = 0;  ///< within one trial
  std::string name;
  std::string unit;
};

struct Metrics {
  std::uint64_t order = 0;
  std::vector<MetricInfo> metrics;
};

/// Samples as columns: values[m * times.size() + t].
struct SampleBatch {
  std::vector<std::uint64_t> times;
  std::vector<std::uint32_t> metrics;
  std::vector<std::int64_t> values;
};

struct Samples {
  std::uint64_t order = 0;
  SampleBatch batch;
};

struct Event {
  std::uint64_t order = 0;
  std::uint64_t time_ns = 0;
  std::string name;
  std::string detail;
  std::int64_t value = 0;
};

enum class Fate : std::uint8_t {
  finished,
  refused,
  exited,
  signalled,
  oom_killed,
  stopped,
  timed_out,
  stuck
};
enum class WorkOutcome : std::uint8_t { pass, fail, skip, none };

struct Counter {
  std::string name;
  std::int64_t value = 0;
};

struct Check {
  std::string name;
  bool ok = false;
  std::string detail;
};

struct WorkerResult {
  std::uint64_t order = 0;
  Fate fate = Fate::finished;
  std::int32_t code = 0;
  WorkOutcome outcome = WorkOutcome::none;
  std::string reason;
  std::vector<Counter> counters;
  std::vector<Check> checks;
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
};

struct Pong {
  std::uint64_t nonce = 0;
  std::uint64_t time_ns = 0;
};

struct KernelLogAnswer {
  std::uint64_t nonce = 0;
  std::uint64_t time_ns = 0;
  std::vector<bool> by_kernel;
  bool whole = false;
};

enum class Stream : std::uint8_t { out, err };

struct Output {
  std::uint64_t order = 0;
  Stream stream = Stream::out;
  std::string bytes;
};

struct Taken {
  std::uint64_t order = 0;
  std::uint64_t inputs = 0;
};

enum class ProgramEnd : std::uint8_t { exited, signalled, timed_out, not_started };

struct Ended {
  std::uint64_t order = 0;
  ProgramEnd how = ProgramEnd::exited;
  std::int32_t code = 0;
  std::string reason;
};

enum class FileKind : std::uint8_t {
  more,  ///< the content of the file before goes on
  regular,
  folder,
  link,
  hard_link,
  fifo,
  socket,
  character_device,
  block_device,
  unreadable
};

struct FileEntry {
  FileKind kind = FileKind::more;
  std::string path;
  std::uint32_t mode = 0;
  std::int64_t mtime_ns = 0;  ///< since 1970
  std::string target;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::string bytes;
};

/// Goes both ways. About wire::most_bytes, all texts included.
struct Files {
  std::uint64_t order = 0;
  std::vector<FileEntry> entries;
  bool end = false;
};

struct FilesDone {
  std::uint64_t order = 0;
  std::string sha256;
};

using Message = std::variant<Hello, Heartbeat, Log, Metrics, Samples, Event, WorkerResult, Pong, Output,
                             Taken, Ended, Files, FilesDone, KernelLogAnswer>;

// ---- orders ----

struct TerminalSize {
  std::uint16_t rows = 24;
  std::uint16_t columns = 80;
};

struct RunProgram {
  std::uint64_t order = 0;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::string directory;
  std::uint64_t timeout_ns = 0;
  bool input = false;
  bool terminal = false;
  bool merged = false;
  TerminalSize size;
  std::string user;
};

struct Start {
  std::uint64_t order = 0;
  std::string workload;
  std::uint64_t seed = 0;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::uint64_t sample_interval_ns = 0;
  std::vector<std::string> sources;
  std::uint64_t timeout_ns = 0;
  std::optional<RunProgram> program;  ///< instead of a workload of the agent's
  bool marks = false;                 ///< the program tells when its measurement begins and ends
  std::optional<RunProgram> setup;    ///< runs before the program
  std::optional<RunProgram> settle;   ///< runs behind it, before its measurement ends
  std::uint64_t memory_limit = 0;     ///< of the program, in bytes; 0: none
};

struct Stop {
  std::uint64_t order = 0;
};

struct PowerOff {};

struct Ping {
  std::uint64_t nonce = 0;
};

struct KernelLogQuery {
  std::uint64_t nonce = 0;
  std::vector<std::string> texts;
};

/// Answered by a Pong.
struct ShowTasks {
  std::uint64_t nonce = 0;
};

struct StoreFiles {
  std::uint64_t order = 0;
};

struct FetchFiles {
  std::uint64_t order = 0;
  std::string path;
};

struct Input {
  std::uint64_t order = 0;
  std::string bytes;  ///< at most wire::most_bytes
  bool end = false;
};

struct Resize {
  std::uint64_t order = 0;
  TerminalSize size;
};

struct Unread {
  std::uint64_t order = 0;
  Stream stream = Stream::out;
};

using Order = std::variant<Start, Stop, PowerOff, Ping, StoreFiles, FetchFiles, RunProgram, Input, Files,
                           Resize, Unread, KernelLogQuery, ShowTasks>;

}  // namespace assay::link
