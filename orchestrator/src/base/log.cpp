// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.hpp"

#include "base/text.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/ringbuffer_sink.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace assay {
namespace {

/// A night's log is read by people: more than this of one event is in other files.
constexpr std::size_t longest_event = 400;

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(std::string_view)> hear) : hear_(std::move(hear)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    hear_({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

 private:
  std::function<void(std::string_view)> hear_;
};

using MindSink = spdlog::sinks::ringbuffer_sink_mt;
constexpr std::size_t most_in_mind = 1000;

/// Error: infrastructure.
Result<spdlog::sink_ptr> open_file(const std::filesystem::path& file) {
  try {
    spdlog::sink_ptr sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
    sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %v",
                                                                    spdlog::pattern_time_type::utc));
    return sink;
  } catch (const spdlog::spdlog_ex& error) {
    return fail(Failure::infrastructure, "cannot open the log {}: {}", file.string(), error.what());
  }
}

/// The one logger of this process, and the sinks behind it.
struct Log {
  std::shared_ptr<spdlog::sinks::dist_sink_mt> sinks = std::make_shared<spdlog::sinks::dist_sink_mt>();
  spdlog::logger logger{"assay", sinks};

  Log() {
    logger.set_error_handler([](const std::string&) {});  // a full disk loses lines, and no run
    logger.flush_on(spdlog::level::info);
  }
  static Log& of_process() {
    static Log log;
    return log;
  }
};

}  // namespace

struct LogListener::Listening {
  explicit Listening(spdlog::sink_ptr added) : sink(std::move(added)) {
    Log::of_process().sinks->add_sink(sink);
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  Listening(Listening&&) = delete;
  Listening& operator=(Listening&&) = delete;
  ~Listening() { Log::of_process().sinks->remove_sink(sink); }
  spdlog::sink_ptr sink;
};

void log_line(std::string_view text) {
  auto line = printable(text);
  std::ranges::replace(line, '\n', ' ');
  if (line.size() > longest_event) {
    line = line.substr(0, longest_event) + "...";
  }
  Log::of_process().logger.info(line);
}

Result<LogListener> LogListener::to_file(const std::filesystem::path& file) {
  auto sink = open_file(file);
  if (!sink) {
    return sink.error();
  }
  return LogListener(std::make_shared<Listening>(std::move(*sink)));
}

LogListener LogListener::in_mind() {
  return LogListener(std::make_shared<Listening>(std::make_shared<MindSink>(most_in_mind)));
}

Status LogListener::write_to(const std::filesystem::path& file) {
  auto sink = open_file(file);
  if (!sink) {
    return sink.error();
  }
  if (const auto mind = std::dynamic_pointer_cast<MindSink>(listening_->sink)) {
    for (const auto& message : mind->last_raw()) {
      (*sink)->log(message);
    }
  }
  listening_ = std::make_shared<Listening>(std::move(*sink));
  return {};
}

LogListener LogListener::to(std::function<void(std::string_view)> hear) {
  return LogListener(std::make_shared<Listening>(std::make_shared<FunctionSink>(std::move(hear))));
}

std::optional<LogListener> debug_log() {
  if (std::getenv("ASSAY_DEBUG") == nullptr) {
    return std::nullopt;
  }
  return LogListener::to([](std::string_view line) {
    const auto text = fmt::format("assay: {}\n", line);
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
  });
}

}  // namespace assay
