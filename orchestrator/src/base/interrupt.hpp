// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"

#include <functional>
#include <list>

namespace assay {

/// "Please stop", asked once (Ctrl-C) and heard by whoever subscribed. Cooperative: nothing is cancelled
/// under the feet of a coroutine that has something to clean up. All calls on the io_context's thread.
class Interrupt {
 public:
  using Listener = std::function<void()>;

  /// Hears request() until destruction; called at once when it was asked already.
  class Subscription {
   public:
    Subscription(Interrupt& interrupt, Listener listener);
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    Subscription(Subscription&&) = delete;
    Subscription& operator=(Subscription&&) = delete;
    ~Subscription();

   private:
    Interrupt& interrupt_;
    std::list<Listener>::iterator place_;
  };

  void request();
  [[nodiscard]] bool requested() const { return requested_; }

  /// Suspends until request(); cancellable.
  Task<> wait();

 private:
  std::list<Listener> listeners_;
  bool requested_ = false;
};

}  // namespace assay
