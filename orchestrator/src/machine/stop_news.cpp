// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/stop_news.hpp"

#include <array>
#include <utility>

namespace assay::machine {

Task<> StopNews::wait(std::string uuid) {
  asio::steady_timer timer(co_await asio::this_coro::executor, Clock::time_point::max());
  const auto place = waiting_.emplace(std::move(uuid), &timer);
  // NOLINTNEXTLINE(cppcoreguidelines-special-member-functions): never leaves its scope
  struct Leave {
    StopNews& news;
    std::multimap<std::string, asio::steady_timer*>::iterator place;
    ~Leave() { news.waiting_.erase(place); }
  } const leave{*this, place};
  co_await timer.async_wait(noexcept_awaitable);
}

int StopNews::on_event(virConnectPtr /*connection*/, virDomainPtr domain, int event, int /*detail*/,
                       void* opaque) {
  std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
  if (event == VIR_DOMAIN_EVENT_STOPPED && virDomainGetUUIDString(domain, uuid.data()) == 0) {
    auto [first, last] = static_cast<StopNews*>(opaque)->waiting_.equal_range(uuid.data());
    for (; first != last; ++first) {
      first->second->cancel();
    }
  }
  return 0;
}

}  // namespace assay::machine
