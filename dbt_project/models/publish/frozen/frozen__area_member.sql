{{ frozen(ref('area_member')) }}
