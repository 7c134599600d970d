"""The words of communities, groups, rotas, holidays, absences, and of the check of the plans."""

from __future__ import annotations

from typing import Final

PLANS: Final[dict[str, tuple[str, str]]] = {
    # nouns and fields
    "community": ("社区", "community"),
    "group": ("小组", "group"),
    "rota": ("排班", "rota"),
    "member": ("成员", "member"),
    "zone": ("时区", "time zone"),
    "day": ("日期", "day"),
    "plan": ("方案", "plan"),
    "shift": ("班", "shift"),
    "on_duty": ("值班", "on duty"),
    "from_time": ("从", "from"),
    "to_time": ("到", "to"),
    "everybody": ("所有社区", "all"),
    # lists
    "no_communities": (
        "还没有社区；请用 `lovebell community add` 登记。",
        "There are no communities yet; enter one with `lovebell community add`.",
    ),
    "no_groups": (
        "还没有小组；请用 `lovebell group set` 登记。",
        "There are no groups yet; enter one with `lovebell group set`.",
    ),
    "no_rotas": (
        "还没有排班；请用 `lovebell rota set` 登记。",
        "There are no rotas yet; enter one with `lovebell rota set`.",
    ),
    "no_holidays": (
        "还没有节假日；请用 `lovebell holiday add` 登记。",
        "There are no holidays yet; enter one with `lovebell holiday add`.",
    ),
    "no_away": ("没有人外出。", "Nobody is away."),
    "no_pairings": ("没有结对。", "There are no pairings."),
    # what was done
    "group_set": ("小组 {id}（{name}）：{members}。", "The group {id} ({name}): {members}."),
    "rota_set": (
        "排班 {id}（{name}，{zone}）已登记，{n} 班。",
        "Entered the rota {id} ({name}, {zone}), {n} shifts.",
    ),
    "holidays_added": ("已登记 {n} 个节假日。", "Holidays entered: {n}."),
    "worked_days": (
        "另有 {n} 天是调休上班，没有登记。",
        "{n} more days in the file are worked in exchange and were not entered.",
    ),
    "holiday_removed": ("{day} 不再是节假日。", "{day} is no longer a holiday."),
    "went_away": (
        "{name} 从 {since} 到 {until} 外出，其间不呼叫（{n} 号）。",
        "{name} is away from {since} to {until} and not called then (number {n}).",
    ),
    "came_back": ("{name} 回来了，照常呼叫。", "{name} is back and called as before."),
    "community_plan_set": ("社区 {id} 的方案：", "The plan of the community {id}:"),
    "community_plan_default": (
        "社区 {id} 用默认方案。",
        "The community {id} follows the default plan.",
    ),
    "coming_week": ("从 {at}（{zone}）起七天：", "Seven days from {at} ({zone}):"),
    "rota_gap": (
        "注意：排班 {id} 从 {since} 到 {until} 没有人（此后四周内共 {n} 段）。",
        "Note: nobody of the rota {id} is on duty from {since} to {until} ({n} such times in the "
        "next four weeks).",
    ),
    # the check
    "plans_good": ("方案都没有问题，共 {n} 户。", "Nothing is wrong with the plans; homes: {n}."),
    "and_more": ("{first} 等 {n} 户", "{first} and others, {n} homes in all"),
    "check_zone": (
        "社区 {id}：这台机器不认识时区 {zone}，其排班的人随时都叫；"
        "请用 `lovebell community edit` 更正。",
        "Community {id}: this machine does not know the time zone {zone}, so everybody in its "
        "rotas is called at any time; mend it with `lovebell community edit`.",
    ),
    "check_unknown": (
        "方案里的 {name} 不是响应人、小组或排班（{homes}）；请登记或改方案。",
        "{name} in the plan is no responder, group or rota ({homes}); enter it or change the plan.",
    ),
    "check_nobody": (
        "这一步叫不到人：{step}（{homes}）；请登记、结对，或改方案。",
        "This step calls nobody: {step} ({homes}); enter or pair somebody, or change the plan.",
    ),
    "check_unreachable": (
        "{name}（{id}）没有门铃，也没有联系方式，叫不到（{homes}）；请用 `lovebell pair` 结对门铃，"
        "或用 `lovebell contact add`。",
        "{name} ({id}) has neither chime nor contact and cannot be called ({homes}); pair a chime "
        "with `lovebell pair`, or use `lovebell contact add`.",
    ),
    "check_uncovered": (
        "最后一步 {step} 从 {since} 到 {until} 没有人值班（{homes}）：届时照样呼叫不在班的人；"
        "请补排班，或在方案末尾加 desk。",
        "Nobody of the last step {step} is on duty from {since} to {until} ({homes}): those off "
        "duty will be called all the same; fill the rota, or let the plan end with desk.",
    ),
    "more_findings": (
        "注意：另有 {n} 处问题；请看 `lovebell plan check`。",
        "Note: {n} more things are wrong; see `lovebell plan check`.",
    ),
    "note_that": ("注意：{what}", "Note: {what}"),
}
