// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/conversation.hpp"

#include "base/text.hpp"
#include "program/file_source.hpp"

#include "frame.hpp"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <utility>

namespace assay::program {
namespace {

/// For what a dead guest still had under way.
constexpr auto last_words_patience = std::chrono::seconds(2);
constexpr auto last_words_silence = std::chrono::milliseconds(200);

Error broken(std::string_view why) { return fail(Failure::infrastructure, "{}", why); }

/// The message when it is a T that belongs to this order.
template <class T>
T* mine(std::optional<link::Message>& message, std::uint64_t order) {
  auto* wanted = message ? std::get_if<T>(&*message) : nullptr;
  return wanted != nullptr && wanted->order == order ? wanted : nullptr;
}

}  // namespace

/// A complaint that the kernel survives is kept, and the program goes on.
Status Conversation::note(guest::Trouble trouble) {
  using Kind = guest::Trouble::Kind;
  if (on_report_) {
    std::ranges::for_each(trouble.findings, on_report_);
  }
  std::ranges::move(trouble.findings, std::back_inserter(findings_));
  switch (trouble.kind) {
    case Kind::complaint:
      return {};
    case Kind::stopped:
      return fail(Failure::interrupted, "interrupted");
    case Kind::broken:
      return broken(trouble.why);
    case Kind::panic:
    case Kind::hang:
    case Kind::gone:
      break;
  }
  died_ = Died{std::move(trouble.why), std::move(trouble.last_lines)};
  return broken(died_->why);
}

/// The next message, or nothing: woken, or a moment of silence.
Task<Result<std::optional<link::Message>>> Conversation::step() {
  auto news = co_await guest_.next();
  if (auto* message = std::get_if<link::Message>(&news)) {
    co_return std::optional(std::move(*message));
  }
  if (auto* trouble = std::get_if<guest::Trouble>(&news)) {
    if (auto noted = note(std::move(*trouble)); !noted) {
      co_return noted.error();
    }
  }
  co_return std::optional<link::Message>();
}

/// Sends as many files as the window allows.
Task<Status> Conversation::send_files(FileSource& source, Window& window) {
  while (window.free > 0 && !window.ended) {
    auto files = source.next();
    if (!files) {
      co_return files.error();
    }
    files->order = order_;
    window.ended = files->end;
    --window.free;
    if (auto sent = co_await session_.send(std::move(*files)); !sent) {
      co_return sent;
    }
  }
  co_return Status();
}

Task<Status> Conversation::store(std::vector<FileIn> files) {
  FileSource source(std::move(files));
  guest_.begin_order();
  link::StoreFiles order{++order_};
  if (auto sent = co_await session_.send(order); !sent) {
    co_return sent;
  }
  std::string digest;
  Window window;
  auto alive = Clock::now();
  while (Clock::now() - alive < guest_.patience().copy) {
    if (auto sent = co_await send_files(source, window); !sent) {
      co_return sent;
    }
    auto message = co_await step();
    if (!message) {
      co_return message.error();
    }
    if (const auto* taken = mine<link::Taken>(*message, order_)) {
      window.give_back(taken->inputs);
      alive = Clock::now();
    } else if (auto* done = mine<link::FilesDone>(*message, order_)) {
      digest = std::move(done->sha256);
    } else if (const auto* result = mine<link::WorkerResult>(*message, order_)) {
      if (digest.empty()) {
        co_return broken(printable(result->reason));
      }
      co_return source.digest() == digest ? Status() : broken("they are others in the guest than here");
    }
  }
  co_return broken(fmt::format("the guest took nothing for {}", human(guest_.patience().copy)));
}

/// Ends a copy that cannot go on here, so that the agent is free for the next order. Returns why.
Task<Error> Conversation::give_up(Error why) {
  const link::Stop stop{order_};
  if (auto sent = co_await session_.send(stop); !sent) {
    co_return sent.error();
  }
  const auto until = Clock::now() + guest_.patience().copy;
  while (Clock::now() < until) {
    auto message = co_await step();
    if (!message) {
      co_return message.error();
    }
    if (mine<link::WorkerResult>(*message, order_) != nullptr) {
      break;
    }
  }
  co_return why;
}

Task<Result<CopyNotes>> Conversation::fetch(FileOut file, Bytes most) {
  link::FetchFiles order{++order_, file.guest};
  FileTarget target(std::move(file), most);
  guest_.begin_order();
  if (auto sent = co_await session_.send(std::move(order)); !sent) {
    co_return sent.error();
  }
  std::optional<link::FilesDone> whole;
  auto alive = Clock::now();
  while (Clock::now() - alive < guest_.patience().copy) {
    auto message = co_await step();
    if (!message) {
      co_return message.error();
    }
    if (const auto* files = mine<link::Files>(*message, order_)) {
      alive = Clock::now();
      for (const auto& entry : files->entries) {
        if (auto taken = target.take(entry); !taken) {
          auto why = taken.error();
          co_return co_await give_up(std::move(why));
        }
      }
    } else if (auto* done = mine<link::FilesDone>(*message, order_)) {
      whole = std::move(*done);
    } else if (const auto* result = mine<link::WorkerResult>(*message, order_)) {
      co_return whole ? target.finish(whole->sha256) : Result<CopyNotes>(broken(printable(result->reason)));
    }
  }
  co_return broken(fmt::format("the guest sent nothing for {}", human(guest_.patience().copy)));
}

Task<Status> Conversation::send_input(Streams& streams, Window& window) {
  if (const auto size = streams.resized()) {
    const link::Resize resize{order_, *size};
    if (auto sent = co_await session_.send(resize); !sent) {
      co_return sent;
    }
  }
  while (window.free > 0 && !window.ended) {
    auto piece = streams.input();
    if (!piece) {
      break;
    }
    window.ended = piece->end;
    --window.free;
    link::Input input{order_, std::move(piece->bytes), piece->end};
    if (auto sent = co_await session_.send(std::move(input)); !sent) {
      co_return sent;
    }
  }
  co_return Status();
}

Task<Status> Conversation::pass_on(const link::Output& output, Streams& streams) {
  const auto heard = co_await streams.write(output.stream, output.bytes);
  if (!heard) {
    co_return heard.error();
  }
  if (*heard || std::exchange(unread_.at(static_cast<std::size_t>(output.stream)), true)) {
    co_return Status();
  }
  const link::Unread unread{order_, output.stream};
  co_return co_await session_.send(unread);
}

/// What the program wrote before the guest died, as far as it has left the guest.
Task<> Conversation::last_words(Streams& streams) {
  const auto until = Clock::now() + last_words_patience;
  for (bool more = true; more && Clock::now() < until;) {
    auto incoming = co_await session_.receive(last_words_silence);
    if (auto* message = std::get_if<link::Message>(&incoming)) {
      std::optional<link::Message> held(std::move(*message));
      if (const auto* output = mine<link::Output>(held, order_)) {
        const auto heard = co_await streams.write(output->stream, output->bytes);
        more = heard.has_value();
      }
    } else {
      more = std::holds_alternative<link::Woken>(incoming);
    }
  }
}

/// What the end of the order says of a program about which nothing was said.
Result<link::Ended> Conversation::without_end(const link::WorkerResult& result) {
  link::Ended ended;
  ended.reason = printable(result.reason);
  ended.code = result.code;
  switch (result.fate) {
    case link::Fate::timed_out:
      ended.how = link::ProgramEnd::timed_out;
      return ended;
    case link::Fate::oom_killed:
    case link::Fate::signalled:
    case link::Fate::stopped:
      ended.how = link::ProgramEnd::signalled;
      return ended;
    default:
      return fail(Failure::infrastructure, "the agent could not run the program: {}", ended.reason);
  }
}

Task<Result<link::Ended>> Conversation::run(link::RunProgram order, Streams& streams) {
  order.order = ++order_;
  unread_ = {};
  const Duration limit = order.timeout_ns == 0 ? Duration::max() / 2
                                               : Nanoseconds(order.timeout_ns) + guest_.patience().overtime;
  guest_.begin_order();
  if (auto sent = co_await session_.send(std::move(order)); !sent) {
    co_return sent.error();
  }
  std::optional<link::Ended> ended;
  Window window;
  const auto begun = Clock::now();
  while (Clock::now() - begun < limit) {
    if (streams.left()) {
      co_return link::Ended{order_, link::ProgramEnd::signalled, SIGHUP, "the user left"};
    }
    if (auto trouble = streams.trouble(); !trouble) {
      co_return trouble.error();
    }
    if (auto sent = co_await send_input(streams, window); !sent) {
      co_return sent.error();
    }
    auto message = co_await step();
    if (!message) {
      if (died_) {
        co_await last_words(streams);
      }
      co_return message.error();
    }
    if (const auto* output = mine<link::Output>(*message, order_)) {
      if (auto passed = co_await pass_on(*output, streams); !passed) {
        co_return passed.error();
      }
    } else if (const auto* taken = mine<link::Taken>(*message, order_)) {
      window.give_back(taken->inputs);
    } else if (auto* end = mine<link::Ended>(*message, order_)) {
      ended = std::move(*end);
    } else if (const auto* result = mine<link::WorkerResult>(*message, order_)) {
      // The kernel may have complained just before.
      if (auto trouble = co_await guest_.reported()) {
        if (auto noted = note(std::move(*trouble)); !noted) {
          co_return noted.error();
        }
      }
      if (result->fate == link::Fate::stuck) {
        auto trouble = co_await guest_.stuck("the program");
        co_return note(std::move(trouble)).error();
      }
      co_return ended ? Result<link::Ended>(std::move(*ended)) : without_end(*result);
    }
  }
  if (auto trouble = co_await guest_.overdue()) {
    co_return note(std::move(*trouble)).error();
  }
  co_return broken("the agent lives, but does not say how the program ended");
}

Task<Status> Conversation::stay(const Streams& streams) {
  while (!streams.left()) {
    if (auto message = co_await step(); !message) {
      co_return message.error();
    }
  }
  co_return Status();
}

}  // namespace assay::program
