// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/settings.hpp"

#include "base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>
#include <utility>

namespace assay::experiment {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto any_number = std::numeric_limits<std::uint64_t>::max();

constexpr std::array all_settings = {
    Setting{"trials", "--trials", "repeats of each workload on each variant, instead of the file's",
            &Settings::trials, OnResume::renewed, "N", 1, 100'000, false},
    Setting{"until_decided", "--until-decided",
            "look at the claims after that many trials and go on until a test has decided them; the error "
            "allowed is spread over the looks",
            &Settings::until_decided, OnResume::kept, "", 0, 1, false},
    Setting{"max_trials", "--max-trials",
            "where --until-decided ends in any case (default: 5 times --trials)", &Settings::max_trials,
            OnResume::kept, "N", 1, 100'000, false},
    Setting{"workloads", "--workload", "run only this one; may be repeated", &Settings::workloads,
            OnResume::fixed, "WORKLOAD", 0, 0, false},
    Setting{"variants", "--variant", "run only this one; may be repeated", &Settings::variants,
            OnResume::fixed, "VARIANT", 0, 0, false},
    Setting{"machines", "--machine", "run only on this one; may be repeated", &Settings::machines,
            OnResume::fixed, "MACHINE", 0, 0, false},
    Setting{"repeat", "--repeat", "run only trial #N of each cell, with the seed that it has in a whole run",
            &Settings::repeat, OnResume::fixed, "N", 1, 100'000, false},
    Setting{"thorough", "--thorough",
            "run also what takes long, and as many trials as the file wants for that", &Settings::thorough,
            OnResume::fixed, "", 0, 1, false},
    Setting{"seed", "--seed", "seed of the whole run, instead of the file's", &Settings::seed,
            OnResume::fixed, "N", 0, any_number},
    Setting{"kernels", "--kernel", "this kernel for the experiment's variant NAME; may be repeated",
            &Settings::kernels, OnResume::fixed, "NAME=KERNEL"},
    Setting{"probes", "--probe",
            "NAME=KIND@PLACE: watch or delay the kernel there, as in stall=delay,20ms,every=2@do_mmap; kinds "
            "are count, cover, order and delay; may be repeated",
            &Settings::probes, OnResume::fixed, "PROBE"},
    Setting{"accel", "--accel", "what runs the guests, instead of the file's", &Settings::accel,
            OnResume::fixed, "auto|kvm|tcg"},
    Setting{"jobs", "-j,--jobs", "guests at once (default: one per core, as far as memory allows)",
            &Settings::jobs, OnResume::now},
};

/// Calls `visit` with the member itself, as a reference.
template <class AnySettings, class Visit>
auto with_member(AnySettings& settings, const Setting& setting, const Visit& visit) {
  return std::visit([&](auto member) { return visit(settings.*member); }, setting.member);
}

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

/// null when it is not set.
template <class T>
Json as_json(const T& value) {
  if constexpr (is_optional<T>) {
    return value ? Json(*value) : Json();
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? Json(true) : Json();
  } else {
    return value.empty() ? Json() : Json(value);
  }
}

Error wrong(const Setting& setting, const Json& json, std::string_view wanted) {
  return fail(Failure::usage, "{} = {} is not {}", setting.key, json.dump(), wanted);
}

Status read(const Setting& setting, const Json& json, bool& out) {
  if (!json.is_boolean()) {
    return wrong(setting, json, "true or false");
  }
  out = json.get<bool>();
  return {};
}

Status read(const Setting& setting, const Json& json, std::string& out) {
  const auto words = split(setting.word, '|');
  if (!json.is_string() || (!json.get_ref<const std::string&>().empty() &&
                            std::ranges::find(words, json.get_ref<const std::string&>()) == words.end())) {
    return wrong(setting, json, fmt::format("one of {}", fmt::join(words, ", ")));
  }
  out = json.get<std::string>();
  return {};
}

Status read(const Setting& setting, const Json& json, std::vector<std::string>& out) {
  if (!json.is_array() || !std::ranges::all_of(json, [](const Json& one) { return one.is_string(); })) {
    return wrong(setting, json, "a list of texts");
  }
  out = json.get<std::vector<std::string>>();
  return {};
}

template <class Number>
Status read(const Setting& setting, const Json& json, std::optional<Number>& out) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() < setting.least ||
      json.get<std::uint64_t>() > setting.most) {
    return wrong(setting, json, fmt::format("a whole number from {} to {}", setting.least, setting.most));
  }
  out = json.get<Number>();
  return {};
}

const Setting* setting_of(std::string_view key) {
  const auto* const found =
      std::ranges::find_if(all_settings, [&](const Setting& one) { return one.key == key; });
  return found == all_settings.end() ? nullptr : found;
}

std::string option_text(const Setting& setting, const Json& value) {
  if (value.is_boolean()) {
    return value.get<bool>() ? fmt::format(" {}", setting.long_option()) : "";
  }
  return fmt::format(" {} {}", setting.long_option(),
                     quoted_word(one_line(value.is_string() ? value.get<std::string>() : value.dump())));
}

}  // namespace

std::string_view Setting::long_option() const {
  const std::string_view text = option;
  return text.substr(text.find("--"));
}

std::span<const Setting> run_settings() { return all_settings; }

std::string to_json(const Settings& settings) {
  Json json = Json::object();
  for (const auto& setting : all_settings) {
    auto value = with_member(settings, setting, [](const auto& member) { return as_json(member); });
    if (!value.is_null() && setting.on_resume != OnResume::now) {
      json[setting.key] = std::move(value);
    }
  }
  return json.dump();
}

Result<Settings> settings_from(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) {
    return fail(Failure::usage, "the settings are no JSON object: {}", printable(text));
  }
  Settings settings;
  for (const auto& [key, value] : json.items()) {
    const auto* setting = setting_of(key);
    if (setting == nullptr) {
      return fail(Failure::usage, "a run has no setting \"{}\"", printable(key));
    }
    const auto status =
        with_member(settings, *setting, [&](auto& member) { return read(*setting, value, member); });
    if (!status) {
      return status.error();
    }
  }
  return settings;
}

Settings resumed(Settings then, const Settings& now) {
  for (const auto& setting : all_settings) {
    std::visit(
        [&](auto member) {
          const bool given = !as_json(now.*member).is_null();
          // How long a run may go on was fixed when it began: another rule now would not keep its error.
          if (setting.on_resume == OnResume::now ||
              (setting.on_resume == OnResume::renewed && given && !then.until_decided)) {
            then.*member = now.*member;
          }
        },
        setting.member);
  }
  return then;
}

std::string command_line(std::string_view text, bool part) {
  const auto json = Json::parse(text, nullptr, false);
  std::string line;
  for (const auto& setting : all_settings) {
    if (!json.is_object() || !json.contains(setting.key) || !(part || setting.any_part)) {
      continue;
    }
    const auto& value = json[setting.key];
    for (const auto& one : value.is_array() ? value : Json::array({value})) {
      line += option_text(setting, one);
    }
  }
  return line;
}

}  // namespace assay::experiment
